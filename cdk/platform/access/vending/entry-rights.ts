import { names } from '../../../../scripts/config/names.ts';
import type { Right } from '../../../role.ts';
import type { PlatformScope } from '../platform-scope.ts';

/**
 * Resources in tenants' entry stacks: target group, listener rules, the document that switches maintenance, pipeline with the topic of its approvals,
 * rule of the intake, bucket, log groups. No listener, and no bucket, topic or log group of the platform.
 */
export function entryRights(scope: PlatformScope): Right[] {
  return [...trafficRights(scope), ...entryReleaseRights(scope), ...keepRights(scope)];
}

const everything = 'AWS grants these reads for all resources or for none.';

function trafficRights(scope: PlatformScope): Right[] {
  const balancers = scope.numbered(names.loadBalancer);
  const arns = (kind: string) => balancers.map((name) => scope.arn('elasticloadbalancing', `${kind}/app/${name}/*`));
  const because = "Rules of the environment's load balancers; the ARNs end in ids that AWS chooses.";
  return [
    {
      sid: 'Look',
      actions: ['elasticloadbalancing:Describe*', 'logs:DescribeLogGroups'],
      resources: ['*'],
      because: everything,
    },
    {
      sid: 'Targets',
      actions: [
        'elasticloadbalancing:AddTags',
        'elasticloadbalancing:CreateTargetGroup',
        'elasticloadbalancing:DeleteTargetGroup',
        'elasticloadbalancing:ModifyTargetGroupAttributes',
      ],
      resources: [scope.arn('elasticloadbalancing', `targetgroup/${names.targetGroups(scope.environment)}/*`)],
      because: "Tenants' target groups, by how their names begin.",
    },
    { sid: 'MakeRules', actions: ['elasticloadbalancing:CreateRule'], resources: arns('listener'), because },
    {
      sid: 'Rules',
      actions: [
        'elasticloadbalancing:AddTags',
        'elasticloadbalancing:DeleteRule',
        'elasticloadbalancing:ModifyRule',
        'elasticloadbalancing:SetRulePriorities',
      ],
      resources: arns('listener-rule'),
      because,
    },
  ];
}

function entryReleaseRights(scope: PlatformScope): Right[] {
  const own = `vendhost-${scope.environment}-*`;
  const because = "Tenants' own, by their names.";
  return [
    {
      sid: 'Pipelines',
      actions: [
        'codepipeline:CreatePipeline',
        'codepipeline:DeletePipeline',
        'codepipeline:GetPipeline',
        'codepipeline:GetPipelineState',
        'codepipeline:ListTagsForResource',
        'codepipeline:TagResource',
        'codepipeline:UpdatePipeline',
      ],
      resources: [scope.arn('codepipeline', own)],
      because,
    },
    {
      sid: 'Approvals',
      actions: [
        'sns:CreateTopic',
        'sns:DeleteTopic',
        'sns:GetDataProtectionPolicy',
        'sns:GetTopicAttributes',
        'sns:ListSubscriptionsByTopic',
        'sns:ListTagsForResource',
        'sns:SetTopicAttributes',
        'sns:TagResource',
      ],
      resources: [scope.arn('sns', `${own}-approvals`)],
      because,
    },
    {
      sid: 'Intakes',
      actions: [
        'events:DeleteRule',
        'events:DescribeRule',
        'events:DisableRule',
        'events:EnableRule',
        'events:ListTagsForResource',
        'events:ListTargetsByRule',
        'events:PutRule',
        'events:PutTargets',
        'events:RemoveTargets',
        'events:TagResource',
      ],
      resources: [scope.arn('events', `rule/${own}-intake`)],
      because,
    },
    {
      sid: 'Switches',
      actions: [
        'ssm:AddTagsToResource',
        'ssm:CreateDocument',
        'ssm:DeleteDocument',
        'ssm:DescribeDocument',
        'ssm:GetDocument',
        'ssm:ListTagsForResource',
        'ssm:UpdateDocument',
        'ssm:UpdateDocumentDefaultVersion',
      ],
      resources: [scope.arn('ssm', `document/${own}-maintenance`)],
      because,
    },
  ];
}

function keepRights(scope: PlatformScope): Right[] {
  const { environment, account, region } = scope;
  const platforms = [names.bucket(environment, account, region), names.logBucket(environment, account, region)];
  return [
    {
      sid: 'Buckets',
      actions: [
        's3:CreateBucket',
        // Leftovers of a failed creation; a stack's bucket is retained.
        's3:DeleteBucket',
        's3:DeleteBucketPolicy',
        's3:Get*Configuration',
        's3:GetBucket*',
        's3:ListBucket',
        's3:ListTagsForResource',
        's3:PutBucketOwnershipControls',
        's3:PutBucketPolicy',
        's3:PutBucketPublicAccessBlock',
        's3:PutBucketTagging',
        's3:PutBucketVersioning',
        's3:PutEncryptionConfiguration',
        's3:PutLifecycleConfiguration',
        's3:TagResource',
      ],
      resources: [scope.s3(`vendhost-${environment}-*`)],
      because:
        "Tenants' buckets and their settings, by how their names begin; PlatformBuckets denies the platform's. No right to objects.",
    },
    {
      sid: 'PlatformBuckets',
      deny: true,
      actions: ['s3:Create*', 's3:Delete*', 's3:Put*', 's3:TagResource'],
      resources: platforms.map((bucket) => scope.s3(bucket)),
      because: 'All that changes a bucket.',
    },
    {
      sid: 'HostLogs',
      actions: [
        'logs:AssociateKmsKey',
        'logs:CreateLogGroup',
        'logs:DeleteLogGroup',
        'logs:DisassociateKmsKey',
        'logs:GetDataProtectionPolicy',
        'logs:ListTagsForResource',
        'logs:PutRetentionPolicy',
        'logs:TagResource',
      ],
      resources: [scope.arn('logs', `log-group:/vendhost/hosts/${environment}/*`)],
      because: "Log groups of tenants' instances.",
    },
    {
      sid: 'Key',
      actions: ['kms:DescribeKey'],
      resources: [scope.arn('kms', 'key/*')],
      when: scope.resourceTags('storage'),
      because: "Only the environment's key; AWS chooses its id.",
    },
  ];
}
