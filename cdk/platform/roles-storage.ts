import { names } from '../../scripts/config/names.ts';
import type { Right } from '../role.ts';
import type { PlatformScope } from './roles-scope.ts';

/** The key, the buckets (not what is in them), the trail, log groups, and the service roles that write logs. */
export function storageRights(scope: PlatformScope): Right[] {
  return [...keyRights(scope), ...bucketRights(scope), ...logRights(scope), ...serviceRoleRights(scope)];
}

function keyRights(scope: PlatformScope): Right[] {
  const keys = scope.arn('kms', 'key/*');
  return [
    {
      sid: 'MakeKey',
      actions: ['kms:CreateKey'],
      resources: ['*'],
      when: scope.tagging('storage'),
      because: 'AWS knows no resource in this request; the key must get the tags.',
    },
    {
      sid: 'TagKey',
      actions: ['kms:TagResource'],
      resources: [keys],
      when: scope.claiming('storage'),
      because: "Only the environment's key, whose id does not exist before it is made.",
    },
    {
      sid: 'Key',
      actions: [
        'kms:CreateAlias',
        'kms:DeleteAlias',
        'kms:DescribeKey',
        'kms:DisableKeyRotation',
        'kms:EnableKeyRotation',
        'kms:GetKeyPolicy',
        'kms:GetKeyRotationStatus',
        'kms:ListResourceTags',
        'kms:PutKeyPolicy',
        'kms:ScheduleKeyDeletion',
        'kms:UntagResource',
        'kms:UpdateAlias',
        'kms:UpdateKeyDescription',
      ],
      resources: [keys],
      when: scope.tagged('storage'),
      because: "Only the environment's key; its id is AWS's to give.",
    },
    {
      sid: 'Alias',
      actions: ['kms:CreateAlias', 'kms:DeleteAlias', 'kms:UpdateAlias'],
      resources: [scope.arn('kms', names.keyAlias(scope.environment))],
    },
  ];
}

function bucketRights(scope: PlatformScope): Right[] {
  const place = [scope.environment, scope.account, scope.region] as const;
  return [
    {
      sid: 'Buckets',
      actions: [
        's3:CreateBucket',
        's3:DeleteBucket',
        's3:DeleteBucketPolicy',
        's3:GetBucket*',
        's3:GetEncryptionConfiguration',
        's3:GetLifecycleConfiguration',
        's3:ListBucket',
        's3:ListTagsForResource',
        's3:PutBucketLogging',
        's3:PutBucketOwnershipControls',
        's3:PutBucketPolicy',
        's3:PutBucketPublicAccessBlock',
        's3:PutBucketTagging',
        's3:PutBucketVersioning',
        's3:PutEncryptionConfiguration',
        's3:PutLifecycleConfiguration',
        's3:TagResource',
        's3:UntagResource',
      ],
      resources: [names.bucket(...place), names.logBucket(...place)].map((bucket) => scope.s3(bucket)),
      because: "Reads of the two buckets' settings; no object is read or written.",
    },
  ];
}

function logRights(scope: PlatformScope): Right[] {
  const trail = names.trail(scope.environment);
  return [
    {
      sid: 'Trail',
      actions: [
        'cloudtrail:AddTags',
        'cloudtrail:CreateTrail',
        'cloudtrail:DeleteTrail',
        'cloudtrail:GetEventSelectors',
        'cloudtrail:GetInsightSelectors',
        'cloudtrail:GetTrail',
        'cloudtrail:GetTrailStatus',
        'cloudtrail:ListTags',
        'cloudtrail:PutEventSelectors',
        'cloudtrail:RemoveTags',
        'cloudtrail:StartLogging',
        'cloudtrail:StopLogging',
        'cloudtrail:UpdateTrail',
      ],
      resources: [scope.arn('cloudtrail', `trail/${trail}`)],
    },
    {
      sid: 'LogGroups',
      actions: [
        'logs:AssociateKmsKey',
        'logs:CreateLogGroup',
        'logs:DeleteLogGroup',
        'logs:DeleteRetentionPolicy',
        'logs:DescribeIndexPolicies',
        'logs:DisassociateKmsKey',
        'logs:GetDataProtectionPolicy',
        'logs:ListTagsForResource',
        'logs:PutRetentionPolicy',
        'logs:TagResource',
        'logs:UntagResource',
      ],
      resources: scope.logGroups(),
      because: "The environment's log groups.",
    },
  ];
}

/** Made and changed only under the services' boundary: whatever a pipeline grants them, all they can do is write logs. */
function serviceRoleRights(scope: PlatformScope): Right[] {
  const resources = scope.serviceRoles();
  const because = 'Roles of the flow logs and the trail; CloudFormation names them after the stack.';
  return [
    {
      sid: 'MakeServiceRoles',
      actions: ['iam:CreateRole', 'iam:DeleteRolePolicy', 'iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy'],
      resources,
      when: { StringEquals: { 'iam:PermissionsBoundary': scope.serviceBoundaryArn() } },
      because,
    },
    {
      sid: 'KeepServiceRoles',
      actions: [
        'iam:DeleteRole',
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListRolePolicies',
        'iam:ListRoleTags',
        'iam:TagRole',
        'iam:UntagRole',
        'iam:UpdateAssumeRolePolicy',
        'iam:UpdateRole',
        'iam:UpdateRoleDescription',
      ],
      resources,
      because,
    },
    {
      sid: 'PassServiceRoles',
      actions: ['iam:PassRole'],
      resources,
      when: {
        StringEquals: { 'iam:PassedToService': ['cloudtrail.amazonaws.com', 'vpc-flow-logs.amazonaws.com'] },
      },
      because,
    },
  ];
}

/** The facts of these stacks; not those of access, nor what tenants are granted. */
export function factRights(scope: PlatformScope): Right[] {
  const facts = names.factsPath(scope.environment);
  const parameters = (...found: string[]) => found.map((each) => scope.arn('ssm', `parameter${facts}/${each}`));
  return [
    {
      sid: 'Facts',
      actions: [
        'ssm:AddTagsToResource',
        'ssm:DeleteParameter',
        'ssm:GetParameter',
        'ssm:GetParameters',
        'ssm:ListTagsForResource',
        'ssm:PutParameter',
        'ssm:RemoveTagsFromResource',
      ],
      resources: parameters('*'),
      because: 'Each stack publishes what it makes; the next statement says what is not theirs to write.',
    },
    {
      sid: 'FactsOfOthers',
      deny: true,
      actions: ['ssm:DeleteParameter', 'ssm:PutParameter'],
      resources: parameters('boundary-arn', 'builder-instance-profile', 'tenants/*'),
      because: 'All records of tenants are denied.',
    },
  ];
}
