import { databaseLogs, hostAlarms, hostLogs, names, type TenantRole } from '../../../scripts/config/names.ts';
import type { Right } from '../../role.ts';
import type { PlatformScope } from './platform-scope.ts';

/**
 * Whose resources a policy covers: a tenant's name, or its placeholder in a policy. CloudFormation reads each resource
 * with the permissions of the caller of drift detection (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html),
 * using the calls of the `read` handlers in its registry. None of them returns the value of a secret, an object or a key.
 */
interface Owner {
  readonly stacks: readonly string[];
  readonly roles: readonly string[];
  readonly policies: readonly string[];
  readonly profile: string;
  readonly alarms: readonly string[];
  readonly host: string;
  readonly secret: string;
  readonly topic: string;
  /** Rule of EventBridge. */
  readonly rule: string;
  readonly database: readonly string[];
  readonly logs: readonly string[];
  readonly parameters: string;
  /** Documents that switch maintenance. A tenant's role has the permission on its own document, because there is no room here. */
  readonly documents?: string;
}

const everything = 'AWS grants these reads for all resources or for none.';

/** Reads of a tenant's resources by calls that support no resource in a policy. */
const anyResource = [
  'autoscaling:Describe*',
  'cloudformation:BatchDescribeTypeConfigurations',
  'cloudformation:DescribeStackDriftDetectionStatus',
  'elasticloadbalancing:Describe*',
  'logs:Describe*',
];

/** The same for EC2: the rest of `ec2:Describe*` returns instances and their user data. */
const anyOfEc2 = [
  'ec2:DescribeAccountAttributes',
  'ec2:DescribeAvailabilityZones',
  'ec2:DescribeInternetGateways',
  'ec2:DescribeLaunchTemplates',
  'ec2:DescribeSecurityGroup*',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpc*',
];

/** The `read` handlers of AWS::S3::Bucket, which also lists it, and of its policy. */
const bucketReads = ['s3:Get*Configuration', 's3:GetBucket*', 's3:ListBucket', 's3:ListTagsForResource'];

/** The same for network, storage and load balancers. */
const anyOfPlatform = [
  'cloudformation:DescribeStacks',
  'cloudtrail:DescribeTrails',
  'cloudtrail:LookupEvents',
  'ec2:DescribeAddresses',
  'ec2:DescribeFlowLogs',
  'ec2:DescribeNatGateways',
  'ec2:DescribeNetworkAcls',
  'ec2:DescribeRouteTables',
  'ec2:DescribeVpnGateways',
  'kms:ListAliases',
];

/** What `vendhost drift check` needs in the platform's project: every stack of the environment. */
export function platformDriftRights(scope: PlatformScope): Right[] {
  const { environment } = scope;
  const all = `vendhost-${environment}-*`;
  const platform = `vendhost-platform-${environment}-*`;
  const webhook = `${names.webhookStack}-*`;
  return [
    ...driftRights(scope, {
      stacks: [all, names.gitlabStack, names.webhookStack],
      roles: [all, platform, webhook],
      policies: [all, platform],
      profile: all,
      alarms: [all, webhook],
      host: all,
      secret: `vendhost/${environment}/*`,
      topic: all,
      rule: all,
      database: [`db:${all}`, `pg:${all}`, `subgrp:${all}`],
      logs: [
        `/aws/lambda/${webhook}`,
        `/aws/rds/instance/${all}`,
        `/vendhost/${environment}/*`,
        `/vendhost/hosts/${environment}/*`,
        `/vendhost/trail/${names.trail(environment)}*`,
      ],
      parameters: `parameter${names.factsPath(environment)}/*`,
      documents: `document/${all}`,
    }),
    { sid: 'DriftLook', actions: anyOfPlatform, resources: ['*'], because: everything },
    {
      sid: 'DriftWebhook',
      actions: [
        'codebuild:BatchGetProjects',
        'lambda:GetFunction*',
        'lambda:GetPolicy',
        'lambda:GetRuntimeManagementConfig',
        'sqs:GetQueueAttributes',
        'sqs:ListQueueTags',
      ],
      resources: [
        scope.arn('codebuild', `project/${all}`),
        scope.arn('lambda', `function:${webhook}`),
        scope.arn('sqs', names.undeliveredQueue(environment)),
        scope.arn('sqs', webhook),
      ],
      because: 'How builds, functions and queues are set up: no push, no message, no log, and no value of a secret.',
    },
    {
      // Resources below an API have its tags (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html).
      sid: 'DriftEndpoint',
      actions: ['apigateway:GET'],
      resources: [`arn:${scope.partition}:apigateway:${scope.region}::/restapis/*`],
      when: { StringEquals: { 'aws:ResourceTag/vendhost:layer': 'webhook' } },
      because: 'The one API of the webhook, whose id AWS chooses.',
    },
    {
      sid: 'DriftBuckets',
      actions: bucketReads,
      resources: [scope.s3(all)],
      because:
        "How the environment's buckets and the tenants' are set up, and the names of what is in them; these calls read no object.",
    },
    {
      sid: 'DriftKey',
      actions: ['kms:DescribeKey', 'kms:GetKey*', 'kms:ListResourceTags'],
      resources: [scope.arn('kms', 'key/*')],
      when: scope.resourceTags('storage'),
      because: "Only the environment's key, whose id AWS chooses; the calls describe the key and do not use it.",
    },
    {
      sid: 'DriftTrail',
      actions: ['cloudtrail:Get*', 'cloudtrail:ListTags'],
      resources: [scope.arn('cloudtrail', `trail/${names.trail(environment)}`)],
      because: 'How the trail is set up: these calls read no events.',
    },
  ];
}

/** What it needs in a tenant's project: the tenant's own stacks, by the tag of the calling role. */
export function tenantDriftRights(scope: PlatformScope): Right[] {
  const { environment } = scope;
  const tenant = `\${aws:PrincipalTag/vendhost:tenant}`;
  const place = { environment, tenant };
  const host = names.host(place);
  const roles: readonly TenantRole[] = [
    'approver',
    'approver-job',
    'codedeploy',
    'deploy',
    'execution',
    'infrastructure-deploy',
    'instance',
    'intake',
    'pipeline',
    'plan',
    'software-deploy',
  ];
  const rights = driftRights(scope, {
    stacks: (['access', 'entry', 'data', 'host'] as const).map((layer) => names.tenantStack(place, layer)),
    roles: roles.map((role) => `${host}-${role}`),
    policies: [`${host}-approving`, `${host}-reading`, `${host}-execution*`],
    profile: `${host}-instance`,
    alarms: hostAlarms.map((alarm) => names.hostAlarm(`${host}-host`, alarm)),
    host,
    secret: `vendhost/${environment}/${tenant}/database-??????`,
    topic: `${host}-approvals`,
    rule: names.intakeRule(place),
    database: [`db:${host}`, `pg:${names.tenantStack(place, 'data')}-mysql*`],
    logs: [
      ...databaseLogs.map((log) => `/aws/rds/instance/${host}/${log}`),
      ...hostLogs.map((log) => names.hostLogGroup(place, log)),
    ],
    parameters: `parameter/vendhost/${environment}/tenants/${tenant}`,
  });
  return [
    ...rights,
    {
      sid: 'DriftBucket',
      actions: bucketReads,
      resources: [scope.s3(`${host}-${scope.account}-*`)],
      because:
        "How the tenant's own bucket is set up, and the names of what is in it; a long name ends in a hash. These calls read no object.",
    },
    {
      sid: 'DriftOwn',
      actions: ['cloudformation:DescribeStacks'],
      resources: stackArns(scope, [names.tenantStack(place, 'entry')]),
      because: "A stack's ARN ends in an id that AWS chooses.",
    },
  ];
}

function driftRights(scope: PlatformScope, owner: Owner): Right[] {
  const iam = (kind: string, all: readonly string[]) => all.map((name) => scope.globalArn('iam', `${kind}/${name}`));
  const because = 'AWS chooses the last part of these ARNs, or the name begins with that of the environment.';
  return [
    { sid: 'DriftAny', actions: [...anyResource, ...anyOfEc2], resources: ['*'], because: everything },
    {
      sid: 'DriftStacks',
      actions: [
        'cloudformation:DescribeStackResourceDrifts',
        'cloudformation:DetectStackDrift',
        'cloudformation:DetectStackResourceDrift',
        'cloudformation:GetTemplate',
        'cloudformation:ListStackResources',
      ],
      resources: stackArns(scope, owner.stacks),
      because,
    },
    {
      sid: 'DriftIam',
      actions: ['iam:Get*', 'iam:List*'],
      resources: [
        ...iam('role', owner.roles),
        ...iam('policy', owner.policies),
        ...iam('instance-profile', [owner.profile]),
      ],
      because,
    },
    {
      sid: 'DriftHost',
      actions: [
        'cloudwatch:DescribeAlarms',
        'cloudwatch:ListTagsForResource',
        'codedeploy:Get*',
        'codedeploy:List*',
        'codepipeline:GetPipeline*',
        'codepipeline:ListTagsForResource',
        'events:DescribeRule',
        'events:ListTagsForResource',
        'events:ListTargetsByRule',
        'sns:Get*',
        'sns:List*',
      ],
      resources: [
        ...owner.alarms.map((name) => scope.arn('cloudwatch', `alarm:${name}`)),
        scope.arn('codedeploy', `application:${owner.host}`),
        scope.arn('codedeploy', `deploymentgroup:${owner.host}/${owner.host}`),
        scope.arn('codepipeline', owner.host),
        scope.arn('events', `rule/${owner.rule}`),
        scope.arn('sns', owner.topic),
      ],
      because,
    },
    {
      sid: 'DriftData',
      actions: [
        'logs:GetDataProtectionPolicy',
        'logs:ListTagsForResource',
        'rds:Describe*',
        'rds:ListTagsForResource',
        'secretsmanager:DescribeSecret',
        ...(owner.documents === undefined ? [] : ['ssm:DescribeDocument', 'ssm:GetDocument']),
        'ssm:GetParameters',
        'ssm:ListTagsForResource',
      ],
      resources: [
        ...owner.logs.map((group) => scope.arn('logs', `log-group:${group}`)),
        ...owner.database.map((resource) => scope.arn('rds', resource)),
        scope.arn('secretsmanager', `secret:${owner.secret}`),
        ...(owner.documents === undefined ? [] : [scope.arn('ssm', owner.documents)]),
        scope.arn('ssm', owner.parameters),
      ],
      because: `Not the value of the secret, and parameters hold none. ${because}`,
    },
  ];
}

function stackArns(scope: PlatformScope, stacks: readonly string[]): string[] {
  return stacks.map((stack) => scope.arn('cloudformation', `stack/${stack}/*`));
}
