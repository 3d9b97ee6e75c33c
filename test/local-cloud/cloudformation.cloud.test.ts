import { SetStackPolicyCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeAddressesCommand,
  DescribeFlowLogsCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkAclsCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  DescribeListenerCertificatesCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetDocumentCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, inject, test } from 'vitest';
import { callJson, callQuery, clientConfig, Stacks } from './stacks.ts';

const { endpoint } = inject('localCloud');
const account = '610000000001';
const config = clientConfig(endpoint, account);
const stacks = new Stacks(clientConfig(endpoint, account));

const ref = (Ref: string) => ({ Ref });
const att = (...path: string[]) => ({ 'Fn::GetAtt': path });

const vpc = { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.7.0.0/16' } };
const subnet = (block: string) => ({
  Type: 'AWS::EC2::Subnet',
  Properties: { VpcId: ref('Vpc'), CidrBlock: block, AvailabilityZone: 'eu-west-1a' },
});

describe('networks', () => {
  const ec2 = new EC2Client(config);
  const network = (tag: string) => ({
    resources: {
      Vpc: vpc,
      Subnet: subnet('10.7.1.0/24'),
      Address: { Type: 'AWS::EC2::EIP', Properties: { Domain: 'vpc', Tags: [{ Key: 'role', Value: tag }] } },
      Nat: {
        Type: 'AWS::EC2::NatGateway',
        Properties: {
          SubnetId: ref('Subnet'),
          AllocationId: att('Address', 'AllocationId'),
          Tags: [{ Key: 'role', Value: tag }],
        },
      },
      RouteTable: { Type: 'AWS::EC2::RouteTable', Properties: { VpcId: ref('Vpc') } },
      Route: {
        Type: 'AWS::EC2::Route',
        Properties: {
          RouteTableId: ref('RouteTable'),
          DestinationCidrBlock: '0.0.0.0/0',
          NatGatewayId: ref('Nat'),
        },
      },
      FlowLog: {
        Type: 'AWS::EC2::FlowLog',
        Properties: {
          ResourceId: ref('Vpc'),
          ResourceType: 'VPC',
          TrafficType: 'REJECT',
          LogDestinationType: 's3',
          LogDestination: 'arn:aws:s3:::flow-logs',
          Tags: [{ Key: 'role', Value: tag }],
        },
      },
    },
    outputs: {
      Address: ref('Address'),
      Allocation: att('Address', 'AllocationId'),
      Nat: ref('Nat'),
      NatId: att('Nat', 'NatGatewayId'),
      FlowLog: ref('FlowLog'),
    },
  });

  test('address, NAT gateway and flow log live and die with their stack', async () => {
    const { status, outputs } = await stacks.create('network', network('first'));
    expect(status).toBe('CREATE_COMPLETE');
    expect(outputs.Nat).toBe(outputs.NatId);

    const addresses = await ec2.send(new DescribeAddressesCommand({ AllocationIds: [String(outputs.Allocation)] }));
    expect(addresses.Addresses?.[0]).toMatchObject({ PublicIp: outputs.Address, Domain: 'vpc' });
    const nats = await ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [String(outputs.Nat)] }));
    expect(nats.NatGateways?.[0]).toMatchObject({
      State: 'available',
      NatGatewayAddresses: [{ AllocationId: outputs.Allocation, PublicIp: outputs.Address }],
    });
    const logs = await ec2.send(new DescribeFlowLogsCommand({ FlowLogIds: [String(outputs.FlowLog)] }));
    expect(logs.FlowLogs?.[0]).toMatchObject({ TrafficType: 'REJECT', LogDestination: 'arn:aws:s3:::flow-logs' });

    const updated = await stacks.update('network', network('second'));
    expect(updated).toMatchObject({ status: 'UPDATE_COMPLETE', outputs });
    const retagged = await ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [String(outputs.Nat)] }));
    expect(retagged.NatGateways?.[0]?.Tags).toContainEqual({ Key: 'role', Value: 'second' });

    expect((await stacks.delete('network')).status).toBe('DELETE_COMPLETE');
    const after = await ec2.send(new DescribeAddressesCommand({ AllocationIds: [String(outputs.Allocation)] }));
    expect(after.Addresses).toEqual([]);
    const gone = await ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [String(outputs.Nat)] }));
    expect(gone.NatGateways?.[0]?.State).toBe('deleted');
  });

  test('a NAT gateway for an unknown address fails the stack, which rolls back', async () => {
    const { resources } = network('broken');
    const result = await stacks.create('broken-network', {
      resources: {
        ...resources,
        Nat: {
          Type: 'AWS::EC2::NatGateway',
          Properties: { SubnetId: ref('Subnet'), AllocationId: 'eipalloc-none' },
        },
      },
    });
    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(result.failures.join()).toContain('eipalloc-none');
  });

  test('rules apart from their group: added, described, replaced, refused when double', async () => {
    const groups = (port: number, description: string) => ({
      Vpc: vpc,
      Balancer: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: { GroupDescription: 'balancer', VpcId: ref('Vpc') },
      },
      Hosts: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: {
          GroupDescription: 'hosts',
          VpcId: ref('Vpc'),
          SecurityGroupEgress: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' }],
        },
      },
      In: {
        Type: 'AWS::EC2::SecurityGroupIngress',
        Properties: {
          GroupId: att('Hosts', 'GroupId'),
          IpProtocol: 'tcp',
          FromPort: port,
          ToPort: port,
          SourceSecurityGroupId: att('Balancer', 'GroupId'),
          Description: description,
        },
      },
      Out: {
        Type: 'AWS::EC2::SecurityGroupEgress',
        Properties: {
          GroupId: att('Balancer', 'GroupId'),
          IpProtocol: 'tcp',
          FromPort: port,
          ToPort: port,
          DestinationSecurityGroupId: att('Hosts', 'GroupId'),
        },
      },
    });
    const outputs = { Hosts: att('Hosts', 'GroupId'), Rule: ref('In') };
    const rules = async (group: string | undefined) => {
      const filter = { Filters: [{ Name: 'group-id', Values: [String(group)] }] };
      const { SecurityGroupRules } = await ec2.send(new DescribeSecurityGroupRulesCommand(filter));
      return (SecurityGroupRules ?? []).filter(({ IsEgress }) => !IsEgress);
    };

    const created = await stacks.create('rules', { resources: groups(8080, 'app'), outputs });
    expect(created.status).toBe('CREATE_COMPLETE');
    expect(await rules(created.outputs.Hosts)).toMatchObject([
      { SecurityGroupRuleId: created.outputs.Rule, FromPort: 8080, Description: 'app' },
    ]);

    const described = await stacks.update('rules', { resources: groups(8080, 'the app'), outputs });
    expect(described).toMatchObject({ status: 'UPDATE_COMPLETE', outputs: created.outputs });
    expect(await rules(created.outputs.Hosts)).toMatchObject([{ FromPort: 8080, Description: 'the app' }]);

    const replaced = await stacks.update('rules', { resources: groups(9090, 'app'), outputs });
    expect(replaced.outputs.Rule).not.toBe(created.outputs.Rule);
    expect(await rules(created.outputs.Hosts)).toMatchObject([{ FromPort: 9090 }]);

    const twice = { ...groups(9090, 'app'), Again: { ...groups(9090, 'again').In, DependsOn: 'In' } };
    const refused = await stacks.update('rules', { resources: twice, outputs });
    expect(refused.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(refused.failures.join()).toContain('Duplicate');
    expect(await rules(created.outputs.Hosts)).toMatchObject([{ FromPort: 9090 }]);

    expect((await stacks.delete('rules')).status).toBe('DELETE_COMPLETE');
  });

  test('a network ACL with an entry and a subnet', async () => {
    const { status, outputs } = await stacks.create('acl', {
      resources: {
        Vpc: vpc,
        Subnet: subnet('10.7.2.0/24'),
        Acl: { Type: 'AWS::EC2::NetworkAcl', Properties: { VpcId: ref('Vpc') } },
        Entry: {
          Type: 'AWS::EC2::NetworkAclEntry',
          Properties: {
            NetworkAclId: ref('Acl'),
            RuleNumber: 100,
            Protocol: 6,
            RuleAction: 'deny',
            CidrBlock: '192.0.2.0/24',
            PortRange: { From: 22, To: 22 },
          },
        },
        Guard: {
          Type: 'AWS::EC2::SubnetNetworkAclAssociation',
          Properties: { NetworkAclId: ref('Acl'), SubnetId: ref('Subnet') },
        },
      },
      outputs: { Acl: ref('Acl'), Subnet: ref('Subnet') },
    });
    expect(status).toBe('CREATE_COMPLETE');
    const { NetworkAcls } = await ec2.send(new DescribeNetworkAclsCommand({ NetworkAclIds: [String(outputs.Acl)] }));
    expect(NetworkAcls?.[0]).toMatchObject({
      Entries: [{ RuleNumber: 100, RuleAction: 'deny', CidrBlock: '192.0.2.0/24', PortRange: { From: 22, To: 22 } }],
      Associations: [{ SubnetId: outputs.Subnet }],
    });
    expect((await stacks.delete('acl')).status).toBe('DELETE_COMPLETE');
  });
});

describe('the platform', () => {
  const bucketPolicy = {
    Type: 'AWS::S3::BucketPolicy',
    Properties: {
      Bucket: ref('Bucket'),
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'cloudtrail.amazonaws.com' },
            Action: 's3:PutObject',
            Resource: { 'Fn::Sub': '${Bucket.Arn}/*' },
          },
        ],
      },
    },
  };
  const trail = (logging: boolean, validation: boolean) => ({
    Type: 'AWS::CloudTrail::Trail',
    DependsOn: 'Policy',
    Properties: {
      TrailName: 'audit',
      S3BucketName: ref('Bucket'),
      IsLogging: logging,
      EnableLogFileValidation: validation,
      Tags: [{ Key: 'layer', Value: 'platform' }],
    },
  });

  test('a trail logs, stops, and needs a bucket policy', async () => {
    const resources = { Bucket: { Type: 'AWS::S3::Bucket' }, Policy: bucketPolicy };
    const outputs = { Trail: ref('Trail'), Arn: att('Trail', 'Arn') };
    const created = await stacks.create('trail', { resources: { ...resources, Trail: trail(true, true) }, outputs });
    expect(created).toMatchObject({ status: 'CREATE_COMPLETE', outputs: { Trail: 'audit' } });
    expect(created.outputs.Arn).toBe(`arn:aws:cloudtrail:eu-west-1:${account}:trail/audit`);
    const target = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101';
    const state = () => callJson(endpoint, account, `${target}.GetTrailStatus`, { Name: 'audit' });
    const shown = () => callJson(endpoint, account, `${target}.GetTrail`, { Name: 'audit' });
    expect(await state()).toMatchObject({ IsLogging: true });
    expect(await shown()).toMatchObject({ Trail: { LogFileValidationEnabled: true } });

    await stacks.update('trail', { resources: { ...resources, Trail: trail(false, false) }, outputs });
    expect(await state()).toMatchObject({ IsLogging: false });
    expect(await shown()).toMatchObject({ Trail: { LogFileValidationEnabled: false } });
    expect((await stacks.delete('trail')).status).toBe('DELETE_COMPLETE');

    const { DependsOn: _, ...alone } = trail(true, true);
    const refused = await stacks.create('bare-trail', {
      resources: { Bucket: { Type: 'AWS::S3::Bucket' }, Trail: alone },
    });
    expect(refused.status).toBe('ROLLBACK_COMPLETE');
    expect(refused.failures.join()).toContain('InsufficientS3BucketPolicyException');
  });

  test('a bucket keeps its lifecycle, logging and tags', async () => {
    const s3 = new S3Client({ ...config, forcePathStyle: true });
    const bucket = (days: number) => ({
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: 'lifecycle-bucket',
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: {
          Rules: [
            {
              Id: 'logs',
              Status: 'Enabled',
              Prefix: 'logs/',
              ExpirationInDays: days,
              NoncurrentVersionExpiration: { NoncurrentDays: 7 },
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
            },
          ],
        },
        LoggingConfiguration: { LogFilePrefix: 'logs/bucket/' },
        Tags: [{ Key: 'layer', Value: 'platform' }],
      },
    });
    const lifecycle = () => s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'lifecycle-bucket' }));

    await stacks.create('bucket', { resources: { Bucket: bucket(30) } });
    expect((await lifecycle()).Rules).toMatchObject([
      {
        ID: 'logs',
        Filter: { Prefix: 'logs/' },
        Expiration: { Days: 30 },
        NoncurrentVersionExpiration: { NoncurrentDays: 7 },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ]);
    const { LoggingEnabled } = await s3.send(new GetBucketLoggingCommand({ Bucket: 'lifecycle-bucket' }));
    expect(LoggingEnabled).toMatchObject({ TargetBucket: 'lifecycle-bucket', TargetPrefix: 'logs/bucket/' });
    const { TagSet } = await s3.send(new GetBucketTaggingCommand({ Bucket: 'lifecycle-bucket' }));
    expect(TagSet).toContainEqual({ Key: 'layer', Value: 'platform' });
    expect(TagSet).toContainEqual({ Key: 'aws:cloudformation:logical-id', Value: 'Bucket' });

    await stacks.update('bucket', { resources: { Bucket: bucket(60) } });
    expect((await lifecycle()).Rules?.[0]?.Expiration).toEqual({ Days: 60 });
    expect((await stacks.delete('bucket')).status).toBe('DELETE_COMPLETE');
  });

  test('an identity provider changes its client ids in place', async () => {
    const provider = (...ids: string[]) => ({
      Gitlab: {
        Type: 'AWS::IAM::OIDCProvider',
        Properties: { Url: 'https://gitlab.example.com', ClientIdList: ids },
      },
    });
    const outputs = { Arn: ref('Gitlab') };
    const arn = `arn:aws:iam::${account}:oidc-provider/gitlab.example.com`;
    const shown = () =>
      callQuery(endpoint, account, 'iam', {
        Action: 'GetOpenIDConnectProvider',
        Version: '2010-05-08',
        OpenIDConnectProviderArn: arn,
      });
    const created = await stacks.create('oidc', { resources: provider('https://one.example.com'), outputs });
    expect(created).toMatchObject({ status: 'CREATE_COMPLETE', outputs: { Arn: arn } });
    expect(await shown()).toContain('<ClientIDList><member>https://one.example.com</member></ClientIDList>');
    await stacks.update('oidc', { resources: provider('https://two.example.com'), outputs });
    expect(await shown()).toContain('<ClientIDList><member>https://two.example.com</member></ClientIDList>');
    expect((await stacks.delete('oidc')).status).toBe('DELETE_COMPLETE');
    expect(await shown()).toContain('NoSuchEntity');
  });

  test('a listener gets more certificates', async () => {
    const certificate = (name: string) => ({
      Type: 'AWS::CertificateManager::Certificate',
      Properties: { DomainName: name },
    });
    const resources = {
      Vpc: vpc,
      One: subnet('10.7.1.0/24'),
      Two: {
        ...subnet('10.7.2.0/24'),
        Properties: { VpcId: ref('Vpc'), CidrBlock: '10.7.2.0/24', AvailabilityZone: 'eu-west-1b' },
      },
      First: certificate('first.example.com'),
      Second: certificate('second.example.com'),
      Balancer: {
        Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
        Properties: { Name: 'certificates', Subnets: [ref('One'), ref('Two')] },
      },
      Listener: {
        Type: 'AWS::ElasticLoadBalancingV2::Listener',
        Properties: {
          LoadBalancerArn: ref('Balancer'),
          Port: 443,
          Protocol: 'HTTPS',
          Certificates: [{ CertificateArn: ref('First') }],
          DefaultActions: [
            { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503', ContentType: 'text/plain' } },
          ],
        },
      },
      More: {
        Type: 'AWS::ElasticLoadBalancingV2::ListenerCertificate',
        Properties: { ListenerArn: ref('Listener'), Certificates: [{ CertificateArn: ref('Second') }] },
      },
    };
    const outputs = { Listener: ref('Listener'), First: ref('First'), Second: ref('Second') };
    const created = await stacks.create('certificates', { resources, outputs });
    expect(created.status).toBe('CREATE_COMPLETE');
    const elb = new ElasticLoadBalancingV2Client(config);
    const { Certificates } = await elb.send(
      new DescribeListenerCertificatesCommand({ ListenerArn: created.outputs.Listener }),
    );
    expect(Certificates).toEqual([
      { CertificateArn: created.outputs.First, IsDefault: true },
      { CertificateArn: created.outputs.Second, IsDefault: false },
    ]);
    expect((await stacks.delete('certificates')).status).toBe('DELETE_COMPLETE');
  });
});

describe('the rest', () => {
  test('documents, alarms, option groups, secret policies and web ACL associations come and go', async () => {
    const alarm = {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: 'unhealthy',
        ComparisonOperator: 'GreaterThanThreshold',
        EvaluationPeriods: 1,
        MetricName: 'UnHealthyHostCount',
        Namespace: 'AWS/ApplicationELB',
        Period: 60,
        Statistic: 'Maximum',
        Threshold: 0,
      },
    };
    const resources = {
      Document: {
        Type: 'AWS::SSM::Document',
        Properties: {
          Name: 'inventory',
          DocumentType: 'Command',
          UpdateMethod: 'NewVersion',
          Content: { schemaVersion: '2.2', mainSteps: [] },
        },
      },
      Alarm: alarm,
      Composite: {
        Type: 'AWS::CloudWatch::CompositeAlarm',
        Properties: { AlarmRule: { 'Fn::Sub': 'ALARM(${Alarm})' } },
      },
      Options: {
        Type: 'AWS::RDS::OptionGroup',
        Properties: { EngineName: 'mysql', MajorEngineVersion: '8.0', OptionGroupDescription: 'audit' },
      },
      Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: {} } },
      SecretPolicy: {
        Type: 'AWS::SecretsManager::ResourcePolicy',
        Properties: {
          SecretId: ref('Secret'),
          ResourcePolicy: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Deny', Principal: '*', Action: 'secretsmanager:DeleteSecret', Resource: '*' }],
          },
        },
      },
      Rotation: {
        Type: 'AWS::SecretsManager::RotationSchedule',
        Properties: { SecretId: ref('Secret'), RotationRules: { AutomaticallyAfterDays: 30 } },
      },
      Acl: {
        Type: 'AWS::WAFv2::WebACL',
        Properties: {
          Scope: 'REGIONAL',
          DefaultAction: { Allow: {} },
          VisibilityConfig: { CloudWatchMetricsEnabled: false, MetricName: 'acl', SampledRequestsEnabled: false },
        },
      },
      Association: {
        Type: 'AWS::WAFv2::WebACLAssociation',
        Properties: {
          WebACLArn: att('Acl', 'Arn'),
          ResourceArn: `arn:aws:elasticloadbalancing:eu-west-1:${account}:loadbalancer/app/some/0123456789abcdef`,
        },
      },
    };
    const outputs = { Document: ref('Document'), Composite: ref('Composite'), Options: ref('Options') };
    const created = await stacks.create('rest', { resources, outputs });
    expect(created).toMatchObject({ status: 'CREATE_COMPLETE', failures: [], outputs: { Document: 'inventory' } });

    const ssm = new SSMClient(config);
    const content = { schemaVersion: '2.2', description: 'changed', mainSteps: [] };
    const changed = { ...resources.Document, Properties: { ...resources.Document.Properties, Content: content } };
    await stacks.update('rest', { resources: { ...resources, Document: changed }, outputs });
    const document = await ssm.send(new GetDocumentCommand({ Name: 'inventory' }));
    expect(document.DocumentVersion).toBe('2');
    expect(JSON.parse(document.Content ?? '')).toEqual(content);

    expect((await stacks.delete('rest')).status).toBe('DELETE_COMPLETE');
    await expect(ssm.send(new GetDocumentCommand({ Name: 'inventory' }))).rejects.toThrow('does not exist');
  });

  test('an unknown type is refused before anything is made', async () => {
    const result = await stacks
      .create('unknown', { resources: { Odd: { Type: 'AWS::Odd::Thing' } } })
      .catch((error: Error) => ({ status: 'refused', failures: [error.message] }));
    expect(['refused', 'ROLLBACK_COMPLETE']).toContain(result.status);
    expect(result.failures.join()).toContain('AWS::Odd::Thing');
  });
});

describe('stack policies', () => {
  const secret = (name: string, description: string) => ({
    Type: 'AWS::SecretsManager::Secret',
    Properties: { Name: name, Description: description, GenerateSecretString: {} },
  });
  const policy = {
    Statement: [
      { Effect: 'Allow', Principal: '*', Action: 'Update:*', Resource: '*' },
      {
        Effect: 'Deny',
        Principal: '*',
        Action: ['Update:Replace', 'Update:Delete'],
        Resource: 'LogicalResourceId/Kept',
      },
    ],
  };

  test('replacing or deleting a protected resource fails the update; changing it does not', async () => {
    const other = secret('policy-other', 'other');
    await stacks.create('policy', { resources: { Kept: secret('policy-kept', 'first'), Other: other } });
    await stacks.client.send(
      new SetStackPolicyCommand({ StackName: 'policy', StackPolicyBody: JSON.stringify(policy) }),
    );

    const changed = await stacks.update('policy', {
      resources: { Kept: secret('policy-kept', 'second'), Other: other },
    });
    expect(changed.status).toBe('UPDATE_COMPLETE');

    const replaced = await stacks.update('policy', {
      resources: { Kept: secret('policy-new-name', 'second'), Other: other },
    });
    expect(replaced.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(replaced.failures.join()).toContain(
      'Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [LogicalResourceId/Kept]',
    );

    const removed = await stacks.update('policy', { resources: { Other: other } });
    expect(removed.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(removed.failures.join()).toContain('[Update:Delete]');
    expect((await stacks.delete('policy')).status).toBe('DELETE_COMPLETE');
  });
});
