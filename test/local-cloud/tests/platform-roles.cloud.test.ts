import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StackInput, Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';
import { type LocalCloud, startLocalCloud } from '../start.ts';
import { account, boundary, document, elb, execution, roles, tags, typed } from './platform-rights.ts';
import { att, ref } from './resources.ts';

/** With IAM enforced, the stacks of a platform are checked call by call against the role CloudFormation works as. */

let cloud: LocalCloud;
let stacks: Stacks;

beforeAll(async () => {
  cloud = await startLocalCloud({ auth: true, say: () => undefined });
  stacks = new Stacks(clientConfig(cloud.endpoint, account));
  expect(await stacks.create('roles', { resources: roles })).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
});

afterAll(() => cloud.stop());

const asExecution = (resources: StackInput['resources'], given: StackInput['tags'] = tags): StackInput => ({
  resources,
  role: execution,
  ...(given ? { tags: given } : {}),
});

const serviceRole = (service: string, more: object = { PermissionsBoundary: boundary }) =>
  typed('IAM::Role', {
    RoleName: `site-${service}`,
    AssumeRolePolicyDocument: document([
      { Principal: { Service: `${service}.amazonaws.com` }, Action: 'sts:AssumeRole' },
    ]),
    ...more,
  });
const logs = typed('Logs::LogGroup', { LogGroupName: '/site/log', RetentionInDays: 14 });
const vpc = typed('EC2::VPC', { CidrBlock: '10.8.0.0/16', EnableDnsHostnames: true });
const subnet = (block: number, zone: string) =>
  typed('EC2::Subnet', { VpcId: ref('Vpc'), CidrBlock: `10.8.${block}.0/24`, AvailabilityZone: `eu-west-1${zone}` });

describe('a network', () => {
  const resources = {
    Vpc: vpc,
    Subnet: subnet(1, 'a'),
    Table: typed('EC2::RouteTable', { VpcId: ref('Vpc') }),
    Association: typed('EC2::SubnetRouteTableAssociation', { RouteTableId: ref('Table'), SubnetId: ref('Subnet') }),
    Gateway: typed('EC2::InternetGateway'),
    Attachment: typed('EC2::VPCGatewayAttachment', { VpcId: ref('Vpc'), InternetGatewayId: ref('Gateway') }),
    Route: typed('EC2::Route', {
      RouteTableId: ref('Table'),
      DestinationCidrBlock: '0.0.0.0/0',
      GatewayId: ref('Gateway'),
    }),
    Address: typed('EC2::EIP', { Domain: 'vpc', Tags: tags }),
    Nat: typed('EC2::NatGateway', {
      SubnetId: ref('Subnet'),
      AllocationId: att('Address', 'AllocationId'),
      Tags: tags,
    }),
    Endpoint: typed('EC2::VPCEndpoint', {
      VpcId: ref('Vpc'),
      ServiceName: 'com.amazonaws.eu-west-1.s3',
      RouteTableIds: [ref('Table')],
    }),
    Logs: logs,
    Role: serviceRole('vpc-flow-logs'),
    Policy: typed('IAM::Policy', {
      PolicyName: 'write',
      Roles: [ref('Role')],
      PolicyDocument: document([{ Action: 'logs:PutLogEvents', Resource: att('Logs', 'Arn') }]),
    }),
    FlowLog: typed('EC2::FlowLog', {
      ResourceId: ref('Vpc'),
      ResourceType: 'VPC',
      TrafficType: 'ALL',
      LogGroupName: ref('Logs'),
      DeliverLogsPermissionArn: att('Role', 'Arn'),
      Tags: tags,
    }),
  };

  test('comes and goes by a role that works on its own tag only', async () => {
    const created = await stacks.create('site-network', asExecution(resources));
    expect(created).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
    expect(await stacks.delete('site-network')).toMatchObject({ status: 'DELETE_COMPLETE', failures: [] });
  });

  test('is refused without the tag', async () => {
    const refused = await stacks.create('site-untagged', asExecution({ Vpc: vpc }, []));
    expect(refused.status).toBe('ROLLBACK_COMPLETE');
    expect(refused.failures.join()).toContain(
      `is not authorized to perform: ec2:CreateVpc on resource: arn:aws:ec2:eu-west-1:${account}:vpc/*`,
    );
  });

  test("does not grow in another team's VPC", async () => {
    const others = await stacks.create('others', { resources: { Vpc: vpc }, outputs: { Id: ref('Vpc') } });
    const intruder = { Subnet: typed('EC2::Subnet', { VpcId: others.outputs.Id, CidrBlock: '10.8.1.0/24' }) };
    const refused = await stacks.create('site-intruder', asExecution(intruder));
    expect(refused.failures.join()).toContain(
      `perform: ec2:CreateSubnet on resource: arn:aws:ec2:eu-west-1:${account}:vpc/${others.outputs.Id}`,
    );
  });
});

describe('roles of services', () => {
  test('have the boundary', async () => {
    const refused = await stacks.create('site-role', asExecution({ Role: serviceRole('cloudtrail', {}) }));
    expect(refused.failures.join()).toContain(
      `perform: iam:CreateRole on resource: arn:aws:iam::${account}:role/site-cloudtrail`,
    );
  });

  test('get policies only below it', async () => {
    const policy = typed('IAM::Policy', {
      PolicyName: 'more',
      Roles: ['deploy'],
      PolicyDocument: document([{ Action: '*', Resource: '*' }]),
    });
    const refused = await stacks.create('site-policy', asExecution({ Policy: policy }));
    expect(refused.failures.join()).toContain(`perform: iam:PutRolePolicy on resource: arn:aws:iam::${account}:role/`);
  });

  test('are given to the service they are for', async () => {
    const resources = {
      Role: serviceRole('vpc-flow-logs'),
      Vpc: vpc,
      Logs: logs,
      FlowLog: typed('EC2::FlowLog', {
        ResourceId: ref('Vpc'),
        ResourceType: 'VPC',
        TrafficType: 'ALL',
        LogGroupName: ref('Logs'),
        DeliverLogsPermissionArn: `arn:aws:iam::${account}:role/deploy`,
        Tags: tags,
      }),
    };
    const refused = await stacks.create('site-pass', asExecution(resources));
    expect(refused.failures.join()).toContain(`iam:PassRole on resource: arn:aws:iam::${account}:role/deploy`);
  });
});

test('key, bucket, trail and facts come and go', async () => {
  const key = document([{ Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' }]);
  const write = {
    Principal: { Service: 'cloudtrail.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: 'arn:aws:s3:::site-trail/*',
  };
  const resources = {
    Key: typed('KMS::Key', { EnableKeyRotation: true, KeyPolicy: key }),
    Alias: typed('KMS::Alias', { AliasName: 'alias/site', TargetKeyId: ref('Key') }),
    Bucket: typed('S3::Bucket', {
      BucketName: 'site-trail',
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
    }),
    Policy: typed('S3::BucketPolicy', { Bucket: ref('Bucket'), PolicyDocument: document([write]) }),
    Trail: {
      ...typed('CloudTrail::Trail', { TrailName: 'site', S3BucketName: ref('Bucket'), IsLogging: true }),
      DependsOn: 'Policy',
    },
    Fact: typed('SSM::Parameter', { Name: '/site/bucket', Type: 'String', Value: ref('Bucket') }),
  };
  const created = await stacks.create('site-storage', asExecution(resources));
  expect(created).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
  expect(await stacks.delete('site-storage')).toMatchObject({ status: 'DELETE_COMPLETE', failures: [] });
});

test('a load balancer with its own name only', async () => {
  const resources = (Name: string) => ({
    Vpc: vpc,
    One: subnet(1, 'a'),
    Two: subnet(2, 'b'),
    Group: typed('EC2::SecurityGroup', {
      GroupDescription: 'visitors',
      VpcId: ref('Vpc'),
      SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, CidrIp: '0.0.0.0/0' }],
    }),
    Balancer: typed('ElasticLoadBalancingV2::LoadBalancer', {
      Name,
      Subnets: [ref('One'), ref('Two')],
      SecurityGroups: [ref('Group')],
    }),
    Listener: typed('ElasticLoadBalancingV2::Listener', {
      LoadBalancerArn: ref('Balancer'),
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }],
    }),
  });
  const created = await stacks.create('site-balancer', asExecution(resources('site')));
  expect(created).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
  expect(await stacks.delete('site-balancer')).toMatchObject({ status: 'DELETE_COMPLETE', failures: [] });
  const refused = await stacks.create('site-balancer', asExecution(resources('other')));
  expect(refused.failures.join()).toContain(
    `elasticloadbalancing:CreateLoadBalancer on resource: ${elb('loadbalancer/app/other/*')}`,
  );
});
