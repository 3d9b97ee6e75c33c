/** A platform's execution role for tests: as narrow as IAM allows, all it needs. */

export const account = '670000000001';
export const tags = [{ Key: 'team', Value: 'platform' }];
const requested = { StringEquals: { 'aws:RequestTag/team': 'platform' } };
const tagged = { StringEquals: { 'aws:ResourceTag/team': 'platform' } };
export const boundary = `arn:aws:iam::${account}:policy/ceiling`;
export const execution = `arn:aws:iam::${account}:role/execution`;
const bounded = { StringEquals: { 'iam:PermissionsBoundary': boundary } };
const ec2 = (...kinds: string[]) => kinds.map((kind) => `arn:aws:ec2:eu-west-1:${account}:${kind}/*`);
export const elb = (path: string) => `arn:aws:elasticloadbalancing:eu-west-1:${account}:${path}`;

interface Statement {
  Action: string | string[];
  Resource: unknown;
  Condition?: object;
}

export const document = (statements: object[]) => ({
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

const cloudFormation = { Service: 'cloudformation.amazonaws.com' };

/** Resources of a stack: the boundary, the execution role, and a role that works with change sets of stacks `site-*`. */
export const roles = {
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

export const typed = (type: string, Properties: object = {}) => ({ Type: `AWS::${type}`, Properties });
