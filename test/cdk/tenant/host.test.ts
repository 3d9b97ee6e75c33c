import { Match, Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { HostStack } from '../../../cdk/tenant/host/host-stack.ts';
import { type VirtualHostProps, virtualHostApp } from '../../../cdk/tenant/virtual-host-app.ts';
import { hostFileSchema } from '../../../scripts/config/facts.ts';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { templateLimitBytes } from '../../../scripts/stack/assembly.ts';
import { facts, record, targetGroup } from '../../builders/sample.ts';
import { virtualHost } from './props.ts';

function hostStack(changes: Partial<VirtualHostProps> = {}): HostStack {
  const stack = virtualHostApp(virtualHost(changes)).node.children.find((child) => child instanceof HostStack);
  if (stack === undefined) throw new Error('no host stack');
  return stack;
}

const template = (changes: Partial<VirtualHostProps> = {}) => Template.fromStack(hostStack(changes));
const noDatabase = { config: vendhostSchema.parse({ database: 'none' }) };

describe('the host stack', () => {
  test('as a whole, with a database', () => {
    expect(template().toJSON()).toMatchSnapshot();
  });

  test('fits into a request', () => {
    expect(JSON.stringify(template().toJSON()).length).toBeLessThan(templateLimitBytes / 2);
  });

  test('makes nothing that the tenant must not redefine, and exports nothing', () => {
    const { Resources, Outputs } = template().toJSON();
    const types = Object.values(Resources as Record<string, { Type: string }>).map(({ Type }) => Type);
    expect(
      types.filter((type) =>
        /^(AWS::IAM|AWS::ElasticLoadBalancingV2|AWS::CodePipeline|AWS::SNS|AWS::Lambda|Custom)/.test(type),
      ),
    ).toEqual([]);
    expect(JSON.stringify(Outputs)).not.toContain('Export');
  });

  test.each([{}, noDatabase])('passes cdk-nag %#', (changes) => {
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
  test('only the load balancer reaches the instances, on the port of the software only', () => {
    template({ record: { ...record, port: 3000 } }).hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: [
        Match.objectLike({
          FromPort: 3000,
          ToPort: 3000,
          SourceSecurityGroupId: facts['load-balancer-security-group-id'],
        }),
      ],
    });
  });

  test("instances, alarms and deployments are the tenant's own target group's", () => {
    const host = template();
    host.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', { TargetGroupARNs: [targetGroup] });
    host.hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
      LoadBalancerInfo: { TargetGroupInfoList: [{ Name: 'vendhost-dev-shop--8080-1' }] },
    });
    host.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Dimensions: Match.arrayWith([
        { Name: 'TargetGroup', Value: 'targetgroup/vendhost-dev-shop--8080-1/73e2d6bc24d8a067' },
      ]),
    });
  });
});

describe('alarms', () => {
  const alarms = (changes: Partial<VirtualHostProps> = {}) =>
    Object.values(template(changes).findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);

  test("each tells the platform's people, also when all is well again", () => {
    const topics = [facts['alerts-topic']];
    for (const alarm of alarms()) expect(alarm).toMatchObject({ AlarmActions: topics, OKActions: topics });
    expect(alarms()).toHaveLength(5);
  });

  test('while the tenant moves they watch both load balancers, by the same names', () => {
    const elb = 'arn:aws:elasticloadbalancing:eu-west-1:100000000001';
    const other = {
      ...{
        number: 2,
        securityGroup: 'sg-0f00000000000002a',
        loadBalancerArn: `${elb}:loadbalancer/app/vendhost-dev-2/2`,
      },
      targetGroup: `${elb}:targetgroup/vendhost-dev-shop--8080-2/22`,
    };
    const moving = alarms({ ...noDatabase, otherBalancers: [other] });
    expect(moving.map(({ AlarmName }) => AlarmName)).toEqual(alarms(noDatabase).map(({ AlarmName }) => AlarmName));
    for (const [alarm, expression] of [
      [moving[0], 'MAX([FILL(m1, 0), FILL(m2, 0)])'],
      [moving[1], 'SUM([FILL(m1, 0), FILL(m2, 0)])'],
    ]) {
      // PutMetricAlarm takes one or the other.
      expect(Object.keys(alarm)).not.toContain('MetricName');
      const groups = alarm.Metrics.slice(0, 2).map((each: { MetricStat: { Metric: { Dimensions: unknown[] } } }) => {
        return each.MetricStat.Metric.Dimensions[1];
      });
      expect(groups).toEqual([
        { Name: 'TargetGroup', Value: 'targetgroup/vendhost-dev-shop--8080-1/73e2d6bc24d8a067' },
        { Name: 'TargetGroup', Value: 'targetgroup/vendhost-dev-shop--8080-2/22' },
      ]);
      expect(alarm.Metrics[2]).toMatchObject({ Expression: expression, ReturnData: true });
    }
  });

  test('without a database there are those of the host alone', () => {
    expect(alarms(noDatabase).map(({ AlarmName }) => AlarmName)).toEqual([
      'vendhost-dev-shop-host-unhealthy-hosts',
      'vendhost-dev-shop-host-server-errors',
    ]);
  });

  test.each([
    ['db.t3.micro', 20, 2_147_483_648, 51],
    ['db.m6g.2xlarge', 100, 10_737_418_240, 1638],
    ['db.r6g.large', 100, 10_737_418_240, 819],
    ['db.x2g.large', 100, 10_737_418_240, undefined],
  ])('thresholds of %s with %i GiB', (databaseClass, storage_gib, bytes, connections) => {
    const config = vendhostSchema.parse({ database: { class: databaseClass, storage_gib } });
    const found = alarms({ config });
    const threshold = (metric: string) => found.find(({ MetricName }) => MetricName === metric)?.Threshold;
    expect([threshold('FreeStorageSpace'), threshold('DatabaseConnections')]).toEqual([bytes, connections]);
    expect(found.find(({ Namespace }) => Namespace === 'AWS/RDS')?.Dimensions).toEqual([
      { Name: 'DBInstanceIdentifier', Value: 'vendhost-dev-shop' },
    ]);
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
      bucket: 'vendhost-dev-shop-111111111111-eu-west-1',
      database: {
        secret: 'arn:secret',
        address: 'db.internal',
        port: 3306,
        schema: 'app',
        ca: '/etc/vendhost/rds-ca.pem',
      },
    });
    const { bucket: _, ...former } = record;
    const least = hostFile(template({ ...noDatabase, record: former }));
    expect(least).toMatchObject({ bucket: null, database: null });
    for (const file of [hostFile(template()), hostFile(template(noDatabase)), least]) {
      expect(hostFileSchema.safeParse(file).error).toBeUndefined();
    }
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

test('with `database: none` a database that is there stays within reach', () => {
  const kept = template({ ...noDatabase, keepsDatabase: true });
  expect(hostFile(kept)).toEqual(hostFile(template()));
  kept.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { GroupId: { Ref: 'DatabaseSecurityGroup' } });
});

test('at least two instances in production, unless the tenant says otherwise', () => {
  const group = (environment: string, instances = {}) => {
    const host = template({ place: { tenant: 'shop', environment }, config: vendhostSchema.parse({ instances }) });
    return Object.values(host.findResources('AWS::AutoScaling::AutoScalingGroup'))[0]?.Properties.MinSize;
  };
  expect(group('production')).toBe('2');
  expect(group('staging')).toBe('1');
  expect(group('production', { min: 1 })).toBe('1');
  expect(group('production', { max: 1 })).toBe('1');
});

describe('releases', () => {
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
    .replace('${DatabasePort}', '3306')
    .replace('${DatabaseSchema}', 'app')
    .replace('${DatabaseSecret}', 'arn:secret');
  return JSON.parse(/<<'END'\n(.*)\nEND\n/s.exec(script)?.[1] ?? '');
}
