import { Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test, vi } from 'vitest';
import { HostStack } from '../../../cdk/tenant/host/host-stack.ts';
import { priorityParameter } from '../../../cdk/tenant/host-inputs.ts';
import { type VirtualHostProps, virtualHostApp } from '../../../cdk/tenant/virtual-host-app.ts';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { templateLimitBytes } from '../../../scripts/stack/assembly.ts';
import { facts } from '../../builders/sample.ts';
import { virtualHost } from './props.ts';

// The first synthesis loads the CDK and its validation: seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

function hostStack(changes: Partial<VirtualHostProps> = {}): HostStack {
  const stack = virtualHostApp(virtualHost(changes)).node.children.find((child) => child instanceof HostStack);
  if (stack === undefined) throw new Error('no host stack');
  return stack;
}

const template = (changes: Partial<VirtualHostProps> = {}) => Template.fromStack(hostStack(changes));
const approval = { facts: { ...facts, approval: true } };
const noDatabase = { config: vendhostSchema.parse({ database: 'none' }) };

describe('the host stack', () => {
  test('as a whole, with a database and an approval', () => {
    expect(template(approval).toJSON()).toMatchSnapshot();
  });

  test('fits into a request', () => {
    expect(JSON.stringify(template(approval).toJSON()).length).toBeLessThan(templateLimitBytes / 2);
  });

  test('makes no role, policy or function, and exports nothing', () => {
    const { Resources, Outputs } = template(approval).toJSON();
    const types = Object.values(Resources as Record<string, { Type: string }>).map(({ Type }) => Type);
    expect(types.filter((type) => /^(AWS::IAM|AWS::Lambda|Custom)/.test(type))).toEqual([]);
    expect(JSON.stringify(Outputs)).not.toContain('Export');
  });

  test.each([approval, noDatabase])('passes cdk-nag %#', (changes) => {
    expect(new AwsSolutionsChecks().validateScope(hostStack(changes)).violations).toEqual([]);
  });

  test('the stack has the tags, which CloudFormation gives to every resource', () => {
    expect(hostStack().tags.tagValues()).toEqual({
      'vendhost:environment': 'dev',
      'vendhost:layer': 'host',
      'vendhost:tenant': 'shop',
    });
  });
});

describe('traffic', () => {
  test('the rule has the claimed priority and the hosts', () => {
    template().hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      ListenerArn: facts['listener-arn'],
      Priority: { Ref: 'ListenerPriority' },
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['shop.dev.example.com'] } }],
    });
  });

  test('wildcards have a rule of their own', () => {
    const groups = [
      { band: 'exact', hosts: ['shop.dev.example.com'] },
      { band: 'wildcard-4', hosts: ['*.dev.example.com'] },
    ];
    const host = template({ groups });
    host.resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerRule', 2);
    host.hasParameter('ListenerPriorityWildcard4', { Type: 'Number' });
    host.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      Priority: { Ref: priorityParameter('wildcard-4') },
      Conditions: [Match.objectLike({ HostHeaderConfig: { Values: ['*.dev.example.com'] } })],
    });
  });

  test('only the load balancer reaches the instances, on the port of the software only', () => {
    const config = vendhostSchema.parse({ health_check: { port: 3000, path: '/health', status: '200-299' } });
    const host = template({ config });
    host.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: [
        Match.objectLike({
          FromPort: 3000,
          ToPort: 3000,
          SourceSecurityGroupId: facts['load-balancer-security-group-id'],
        }),
      ],
    });
    host.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      Name: 'vendhost-dev-shop--3000',
      Port: 3000,
      HealthCheckPath: '/health',
      Matcher: { HttpCode: '200-299' },
    });
  });
});

describe('instances', () => {
  test('metadata needs a token, the disk is encrypted with the key of the platform', () => {
    template().hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: {
        ImageId: { Ref: 'ImageId' },
        MetadataOptions: { HttpTokens: 'required' },
        BlockDeviceMappings: [{ Ebs: { Encrypted: true, KmsKeyId: facts['key-arn'], VolumeType: 'gp3' } }],
      },
    });
  });

  test('the size is a range: how many there are is for scaling to say', () => {
    const config = vendhostSchema.parse({ instances: { min: 2, max: 5 } });
    const host = template({ config });
    host.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', {
      MinSize: '2',
      MaxSize: '5',
      DesiredCapacity: Match.absent(),
      HealthCheckType: { Ref: 'HealthCheckType' },
      LaunchTemplate: { Version: { Ref: 'LaunchTemplateVersion' } },
      VPCZoneIdentifier: facts['egress-subnet-ids'],
    });
    host.resourceCountIs('AWS::AutoScaling::ScalingPolicy', 1);
  });

  test('a fixed size needs no scaling', () => {
    const config = vendhostSchema.parse({ instances: { min: 2, max: 2 } });
    template({ config }).resourceCountIs('AWS::AutoScaling::ScalingPolicy', 0);
  });

  test('user data tells the software where it is, and no secret', () => {
    expect(hostFile(template())).toEqual({
      tenant: 'shop',
      environment: 'dev',
      region: 'eu-west-1',
      hosts: ['shop.dev.example.com'],
      port: 8080,
      database: { secret: 'vendhost/dev/shop/database', address: 'db.internal', port: 3306, schema: 'app' },
    });
    expect(hostFile(template(noDatabase))).toMatchObject({ database: null });
  });

  test('a database admits the instances; without one there is nothing to admit to', () => {
    template().hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      GroupId: { Ref: 'DatabaseSecurityGroup' },
      FromPort: 3306,
    });
    template(noDatabase).resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    expect(Object.keys(template(noDatabase).toJSON().Parameters)).not.toContain('DatabaseAddress');
  });
});

describe('releases', () => {
  test('the pipeline deploys only what it is told to', () => {
    template().hasResourceProperties('AWS::CodePipeline::Pipeline', {
      PipelineType: 'V2',
      ExecutionMode: 'SUPERSEDED',
      Stages: [
        {
          Name: 'Source',
          Actions: [
            Match.objectLike({
              Configuration: {
                S3Bucket: facts.bucket,
                S3ObjectKey: 'software/shop/no-revision-was-named.zip',
                PollForSourceChanges: 'false',
                AllowOverrideForS3ObjectKey: 'true',
              },
            }),
          ],
        },
        Match.objectLike({ Name: 'Deploy' }),
      ],
    });
    template().resourceCountIs('AWS::SNS::Topic', 0);
  });

  test('where the platform wants it a person approves, told by an encrypted topic', () => {
    const host = template(approval);
    host.hasResourceProperties('AWS::CodePipeline::Pipeline', {
      Stages: [
        Match.objectLike({ Name: 'Source' }),
        Match.objectLike({ Name: 'Approval' }),
        Match.objectLike({ Name: 'Deploy' }),
      ],
    });
    host.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: facts['key-arn'] });
  });

  test('deployments shift traffic and roll back', () => {
    template().hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
      DeploymentStyle: { DeploymentType: 'IN_PLACE', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
      AutoRollbackConfiguration: { Enabled: true },
      ServiceRoleArn: 'arn:aws:iam::111111111111:role/vendhost-dev-shop-codedeploy',
    });
  });
});

/** What the user data of a template would write to `/etc/vendhost/host.json`. */
function hostFile(host: Template): unknown {
  const [launchTemplate] = Object.values(host.findResources('AWS::EC2::LaunchTemplate'));
  const encoded = launchTemplate?.Properties.LaunchTemplateData.UserData['Fn::Base64'];
  const script = (typeof encoded === 'string' ? encoded : (encoded['Fn::Sub'] as string))
    .replace('${DatabaseAddress}', 'db.internal')
    .replace('${DatabasePort}', '3306');
  return JSON.parse(/<<'END'\n(.*)\nEND\n/s.exec(script)?.[1] ?? '');
}
