import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
} from '@aws-sdk/client-cloudformation';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { att, ref } from './resources.ts';
import { clientConfig, type StackInput, Stacks } from './stacks.ts';
import { type LocalCloud, startLocalCloud } from './start.ts';

/** With IAM enforced, the stacks of a platform are checked call by call against the role CloudFormation works as. */

const account = '670000000001';
const tags = [{ Key: 'team', Value: 'platform' }];
const requested = { StringEquals: { 'aws:RequestTag/team': 'platform' } };
const tagged = { StringEquals: { 'aws:ResourceTag/team': 'platform' } };
const boundary = `arn:aws:iam::${account}:policy/ceiling`;
const execution = `arn:aws:iam::${account}:role/execution`;
const bounded = { StringEquals: { 'iam:PermissionsBoundary': boundary } };
const ec2 = (...kinds: string[]) => kinds.map((kind) => `arn:aws:ec2:eu-west-1:${account}:${kind}/*`);
const elb = (path: string) => `arn:aws:elasticloadbalancing:eu-west-1:${account}:${path}`;

let cloud: LocalCloud;
let root: ReturnType<typeof clientConfig>;
let stacks: Stacks;

interface Statement {
  Action: string | string[];
  Resource: unknown;
  Condition?: object;
}

const document = (statements: object[]) => ({
  Version: '2012-10-17',
  Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
});

const role = (name: string, principal: object, statements: Statement[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: name,
    AssumeRolePolicyDocument: document([{ Principal: principal, Action: 'sts:AssumeRole' }]),
    Policies: [{ PolicyName: 'own', PolicyDocument: document(statements) }],
  },
});

const network: Statement[] = [
  {
    Action: 'ec2:Create*',
    Resource: ec2('vpc', 'subnet', 'route-table', 'internet-gateway', 'natgateway', 'vpc-endpoint', 'vpc-flow-log'),
    Condition: requested,
  },
  { Action: 'ec2:AllocateAddress', Resource: ec2('elastic-ip'), Condition: requested },
  {
    Action: 'ec2:CreateTags',
    Resource: ec2('*'),
    Condition: { StringEquals: { 'ec2:CreateAction': ['AllocateAddress', 'CreateSecurityGroup'] } },
  },
  // What is made in something that exists already is checked on that as well.
  {
    Action: ['ec2:CreateSubnet', 'ec2:CreateRouteTable', 'ec2:CreateRoute', 'ec2:CreateNatGateway'],
    Resource: ec2('vpc', 'subnet', 'route-table', 'elastic-ip'),
    Condition: tagged,
  },
  { Action: ['ec2:CreateVpcEndpoint', 'ec2:CreateFlowLogs'], Resource: ec2('vpc', 'route-table'), Condition: tagged },
  {
    Action: ['ec2:Modify*', 'ec2:AssociateRouteTable', 'ec2:AttachInternetGateway'],
    Resource: ec2('vpc', 'subnet', 'route-table', 'internet-gateway'),
    Condition: tagged,
  },
  {
    Action: ['ec2:Delete*', 'ec2:DetachInternetGateway', 'ec2:DisassociateRouteTable', 'ec2:ReleaseAddress'],
    Resource: ec2('*'),
    Condition: tagged,
  },
];

const identity: Statement[] = [
  {
    Action: ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:DeleteRolePolicy'],
    Resource: `arn:aws:iam::${account}:role/site-*`,
    Condition: bounded,
  },
  { Action: ['iam:TagRole', 'iam:DeleteRole'], Resource: `arn:aws:iam::${account}:role/site-*` },
  {
    Action: 'iam:PassRole',
    Resource: `arn:aws:iam::${account}:role/site-*`,
    Condition: { StringEquals: { 'iam:PassedToService': ['vpc-flow-logs.amazonaws.com', 'cloudtrail.amazonaws.com'] } },
  },
  {
    Action: ['logs:CreateLogGroup', 'logs:PutRetentionPolicy', 'logs:DeleteLogGroup'],
    Resource: `arn:aws:logs:eu-west-1:${account}:log-group:/site/*:*`,
  },
  { Action: 'logs:TagResource', Resource: `arn:aws:logs:eu-west-1:${account}:log-group:/site/*` },
];

const storage: Statement[] = [
  { Action: ['kms:CreateKey', 'kms:TagResource'], Resource: '*', Condition: requested },
  {
    Action: ['kms:EnableKeyRotation', 'kms:CreateAlias', 'kms:DeleteAlias', 'kms:ScheduleKeyDeletion'],
    Resource: `arn:aws:kms:eu-west-1:${account}:key/*`,
    Condition: tagged,
  },
  { Action: ['kms:CreateAlias', 'kms:DeleteAlias'], Resource: `arn:aws:kms:eu-west-1:${account}:alias/site` },
  { Action: ['s3:CreateBucket', 's3:DeleteBucket*', 's3:PutBucket*'], Resource: 'arn:aws:s3:::site-*' },
  { Action: ['s3:PutEncryptionConfiguration', 's3:PutLifecycleConfiguration'], Resource: 'arn:aws:s3:::site-*' },
  { Action: 'cloudtrail:*', Resource: `arn:aws:cloudtrail:eu-west-1:${account}:trail/site` },
  {
    Action: ['ssm:PutParameter', 'ssm:AddTagsToResource', 'ssm:DeleteParameter'],
    Resource: `arn:aws:ssm:eu-west-1:${account}:parameter/site/*`,
  },
];

const balancer: Statement[] = [
  { Action: 'ec2:CreateSecurityGroup', Resource: ec2('security-group'), Condition: requested },
  { Action: 'ec2:CreateSecurityGroup', Resource: ec2('vpc'), Condition: tagged },
  { Action: ['ec2:AuthorizeSecurityGroupIngress'], Resource: ec2('security-group'), Condition: tagged },
  { Action: 'elasticloadbalancing:*', Resource: [elb('loadbalancer/app/site/*'), elb('listener/app/site/*')] },
];

beforeAll(async () => {
  cloud = await startLocalCloud({ auth: true, say: () => undefined });
  root = clientConfig(cloud.endpoint, account);
  stacks = new Stacks(root);
  const cloudFormation = { Service: 'cloudformation.amazonaws.com' };
  const resources = {
    Ceiling: {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: { ManagedPolicyName: 'ceiling', PolicyDocument: document([{ Action: 'logs:*', Resource: '*' }]) },
    },
    Execution: role('execution', cloudFormation, [...network, ...identity, ...storage, ...balancer]),
    Deploy: role('deploy', { AWS: `arn:aws:iam::${account}:root` }, [
      {
        Action: [
          'cloudformation:CreateChangeSet',
          'cloudformation:DeleteChangeSet',
          'cloudformation:DescribeChangeSet',
          'cloudformation:DescribeStack*',
          'cloudformation:ExecuteChangeSet',
        ],
        Resource: `arn:aws:cloudformation:eu-west-1:${account}:stack/site-*/*`,
      },
      {
        Action: 'iam:PassRole',
        Resource: execution,
        Condition: { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
      },
    ]),
  };
  expect(await stacks.create('roles', { resources })).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
});

afterAll(() => cloud.stop());

const asExecution = (resources: StackInput['resources'], given: StackInput['tags'] = tags): StackInput => ({
  resources,
  role: execution,
  ...(given ? { tags: given } : {}),
});

const typed = (type: string, Properties: object = {}) => ({ Type: `AWS::${type}`, Properties });
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

describe('a change set', () => {
  let deploy: CloudFormationClient;
  const template = (name: string) => ({
    TemplateBody: JSON.stringify({
      Resources: { Fact: typed('SSM::Parameter', { Name: name, Type: 'String', Value: 'x' }) },
    }),
  });
  const change = (StackName: string, ChangeSetName: string, fact: string, RoleARN?: string) =>
    new CreateChangeSetCommand({
      StackName,
      ChangeSetName,
      ChangeSetType: 'CREATE',
      ...template(fact),
      ...(RoleARN ? { RoleARN } : {}),
    });

  beforeAll(async () => {
    const { Credentials } = await new STSClient(root).send(
      new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/deploy`, RoleSessionName: 'job' }),
    );
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    deploy = new CloudFormationClient({ ...root, credentials, maxAttempts: 1 });
  });

  async function executed(stack: string, changeSet: string | undefined) {
    await deploy.send(new ExecuteChangeSetCommand({ ChangeSetName: changeSet }));
    for (;;) {
      const { Stacks: found } = await deploy.send(new DescribeStacksCommand({ StackName: stack }));
      if (!found?.[0]?.StackStatus?.endsWith('_IN_PROGRESS')) return found?.[0];
    }
  }

  test('is executed as the role it was made with, which the stack keeps', async () => {
    const made = await deploy.send(change('site-facts', 'first', '/site/fact', execution));
    const before = await stacks.client.send(new DescribeStacksCommand({ StackName: 'site-facts' }));
    expect(before.Stacks?.[0]?.RoleARN).toBeUndefined();
    const described = await deploy.send(
      new DescribeChangeSetCommand({ StackName: made.StackId, ChangeSetName: 'first' }),
    );
    expect(described).toMatchObject({ ExecutionStatus: 'AVAILABLE', ChangeSetId: made.Id });
    expect(await executed('site-facts', made.Id)).toMatchObject({ StackStatus: 'CREATE_COMPLETE', RoleARN: execution });
  });

  test('does what that role may do, and no more', async () => {
    const made = await deploy.send(change('site-wrong', 'first', '/elsewhere/fact', execution));
    expect(await executed('site-wrong', made.Id)).toMatchObject({ StackStatus: 'ROLLBACK_COMPLETE' });
  });

  test('is made for the stacks and with the role one has', async () => {
    await expect(deploy.send(change('others', 'mine', '/site/fact', execution))).rejects.toThrow(
      /cloudformation:CreateChangeSet on resource: arn:aws:cloudformation:eu-west-1:670000000001:stack\/others\//,
    );
    const other = `arn:aws:iam::${account}:role/deploy`;
    await expect(deploy.send(change('site-other', 'mine', '/site/fact', other))).rejects.toThrow(
      `iam:PassRole on resource: ${other}`,
    );
    const theirs = await stacks.client.send(change('strangers', 'theirs', '/x'));
    await expect(deploy.send(new ExecuteChangeSetCommand({ ChangeSetName: theirs.Id }))).rejects.toThrow(
      /cloudformation:ExecuteChangeSet on resource: arn:aws:cloudformation:eu-west-1:670000000001:stack\/strangers\//,
    );
    await expect(
      deploy.send(new DeleteChangeSetCommand({ StackName: 'strangers', ChangeSetName: 'theirs' })),
    ).rejects.toThrow('cloudformation:DeleteChangeSet');
  });
});
