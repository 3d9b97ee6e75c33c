import { type Condition, merge, type Right } from '../../role.ts';
import type { PlatformScope } from './platform-scope.ts';

/**
 * What reads the disks of images of one environment block by block, for those who promote them to another: the role of a tenant that reads here reads
 * its own, by their tags. EBS uses the key as EC2 does, which the key's policy lets everybody in the account
 * (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonInspector2AgentlessServiceRolePolicy.html: `kms:ViaService`).
 */
export function promotedRights(scope: PlatformScope): Right[] {
  return [
    {
      sid: 'ReadDisk',
      actions: ['ebs:GetSnapshotBlock', 'ebs:ListSnapshotBlocks'],
      resources: [every(scope, 'snapshot')],
      when: tagged('ResourceTag', scope),
      because: "Snapshots of the tenant's own images, by their tags.",
    },
  ];
}

/**
 * What writes such disks here, as snapshots of the tenant's own, and registers an image of them. Not `CopyImage` and `CopySnapshot`: no condition can ask for the
 * tags of what they copy, so they would copy any tenant's (https://docs.aws.amazon.com/service-authorization/latest/reference/list_ec2.html). One policy
 * for the roles of all tenants: whose a disk is, is compared with the tags of the role, which only people can change.
 */
export function promotionRights(scope: PlatformScope): Right[] {
  const [giving, having] = [tagged('RequestTag', scope), tagged('ResourceTag', scope)];
  const because = 'The id does not exist yet; the request must set the tags.';
  const [images, snapshots] = [[every(scope, 'image')], [every(scope, 'snapshot')]];
  return [
    {
      sid: 'StartDisk',
      actions: ['ebs:StartSnapshot'],
      resources: snapshots,
      // With a parent it would have the blocks of any snapshot, which nobody asks who may read.
      when: merge(giving, { StringNotLike: { 'ebs:ParentSnapshot': '*snap-*' } }),
      because,
    },
    {
      sid: 'WriteDisk',
      actions: ['ebs:CompleteSnapshot', 'ebs:PutSnapshotBlock', 'ec2:RegisterImage'],
      resources: snapshots,
      when: having,
      because: "What has the tenant's tags, and was made for an image.",
    },
    { sid: 'Register', actions: ['ec2:RegisterImage'], resources: images, when: giving, because },
    {
      sid: 'TagImage',
      actions: ['ec2:CreateTags'],
      resources: images,
      when: merge(giving, { StringEquals: { 'ec2:CreateAction': ['RegisterImage'] } }),
      because: 'Only in the call that creates the resource.',
    },
    ...tagDiskRights(scope, giving),
  ];
}

/**
 * EBS asks for `ec2:CreateTags` on `snapshot/*`, without `ec2:CreateAction`, as the snapshot has no id yet. What has one and is nobody's would be taken by that,
 * and is refused.
 */
function tagDiskRights(scope: PlatformScope, giving: Condition): Right[] {
  const actions = ['ec2:CreateTags'];
  return [
    {
      sid: 'TagDisk',
      actions,
      resources: [every(scope, 'snapshot')],
      when: giving,
      because: 'As it is started; TakeNoDisk denies it for all that have an id.',
    },
    {
      sid: 'TakeNoDisk',
      deny: true,
      actions,
      resources: [every(scope, 'snapshot').replace(/\*$/, 'snap-*')],
      when: {
        Null: { 'ec2:CreateAction': 'true' },
        StringNotEquals: { 'aws:ResourceTag/vendhost:tenant': tenant },
      },
      because: "Every snapshot that has not the tenant's tag already.",
    },
  ];
}

const tenant = '${aws:PrincipalTag/vendhost:tenant}';

function tagged(key: 'RequestTag' | 'ResourceTag', { environment }: PlatformScope): Condition {
  return {
    StringEquals: {
      [`aws:${key}/vendhost:tenant`]: tenant,
      [`aws:${key}/vendhost:environment`]: environment,
      [`aws:${key}/vendhost:layer`]: 'image',
    },
  };
}

/** ARN of everything of a kind: AWS leaves the account of images and snapshots empty. */
function every({ partition, region }: PlatformScope, kind: string): string {
  return `arn:${partition}:ec2:${region}:*:${kind}/*`;
}
