import { names } from '../../../../scripts/config/names.ts';
import type { Right } from '../../../role.ts';
import type { PlatformScope } from '../platform-scope.ts';

/** The key, the buckets (without their objects), the trail, the log groups, and the notification of alarms. */
export function storageRights(scope: PlatformScope): Right[] {
  return [...keyRights(scope), ...bucketRights(scope), ...logRights(scope), ...topicRights(scope)];
}

function keyRights(scope: PlatformScope): Right[] {
  const keys = scope.arn('kms', 'key/*');
  return [
    {
      sid: 'MakeKey',
      actions: ['kms:CreateKey'],
      resources: ['*'],
      when: scope.requestTags('storage'),
      because: 'AWS checks no resource in this request; it must set the tags of the key.',
    },
    {
      sid: 'TagKey',
      actions: ['kms:TagResource'],
      resources: [keys],
      when: scope.takeUntagged('storage'),
      because: "Only the environment's key, or a new one without tags.",
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
      when: scope.resourceTags('storage'),
      because: "Only the environment's key; AWS chooses its id.",
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
        // CloudFormation reads every setting of a bucket, even unset ones.
        's3:Get*Configuration',
        's3:GetBucket*',
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
      because: "Reads of the two buckets' settings; no right to objects.",
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

/** The topic of alarms, and the dead-letter queue with its alarm. */
function topicRights(scope: PlatformScope): Right[] {
  const topic = scope.arn('sns', names.alertsTopic(scope.environment));
  return [
    {
      sid: 'Topic',
      actions: [
        'sns:CreateTopic',
        'sns:DeleteTopic',
        'sns:GetDataProtectionPolicy',
        'sns:GetTopicAttributes',
        'sns:ListSubscriptionsByTopic',
        'sns:ListTagsForResource',
        'sns:SetTopicAttributes',
        'sns:Subscribe',
        'sns:TagResource',
        'sns:UntagResource',
      ],
      resources: [topic],
    },
    {
      sid: 'Subscriptions',
      actions: ['sns:GetSubscriptionAttributes', 'sns:Unsubscribe'],
      resources: ['*'],
      because: 'AWS checks no resource in these calls; they need the ARN of a subscription, whose id AWS chooses.',
    },
    ...undeliveredRights(scope),
  ];
}

function undeliveredRights(scope: PlatformScope): Right[] {
  const name = names.undeliveredQueue(scope.environment);
  return [
    {
      // No permission on messages.
      sid: 'Undelivered',
      actions: [
        'sqs:CreateQueue',
        'sqs:DeleteQueue',
        'sqs:GetQueueAttributes',
        'sqs:GetQueueUrl',
        'sqs:ListQueueTags',
        'sqs:SetQueueAttributes',
        'sqs:TagQueue',
        'sqs:UntagQueue',
      ],
      resources: [scope.arn('sqs', name)],
    },
    {
      sid: 'UndeliveredAlarm',
      actions: [
        'cloudwatch:DeleteAlarms',
        'cloudwatch:DescribeAlarms',
        'cloudwatch:ListTagsForResource',
        'cloudwatch:PutMetricAlarm',
        'cloudwatch:TagResource',
        'cloudwatch:UntagResource',
      ],
      resources: [scope.arn('cloudwatch', `alarm:${name}`)],
    },
  ];
}
