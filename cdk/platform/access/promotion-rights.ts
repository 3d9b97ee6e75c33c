import { type Condition, merge, type Right } from '../../role.ts';
import type { PlatformScope } from './platform-scope.ts';

/**
 * Permissions to read the disks of an environment's images block by block, to promote them to another. A tenant's role can read only the tenant's own, by
 * their tags. EBS uses the key as EC2 does, which the key's policy allows for everybody in the account
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
 * Permissions to write such disks here, as the tenant's own snapshots, and to register an image from them. Not `CopyImage` and `CopySnapshot`: no condition
 * can check the tags of their source, so they would copy any tenant's (https://docs.aws.amazon.com/service-authorization/latest/reference/list_ec2.html).
 * One policy for the roles of all tenants: it compares a disk's owner with the tags of the role, which only people can change.
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
      // A parent would give it the blocks of any snapshot, without a check of who may read that.
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
 * `ebs:StartSnapshot` with tags requires `ec2:CreateTags` (https://docs.aws.amazon.com/service-authorization/latest/reference/list_ebs.html). AWS does not
 * say whether the snapshot has an id by then, or `ec2:CreateAction`, so neither is required here. That alone would let a role claim
 * existing snapshots without an owner, so those are denied.
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

/** ARN of all resources of a kind: the account is empty in AWS's ARNs of images and snapshots. */
function every({ partition, region }: PlatformScope, kind: string): string {
  return `arn:${partition}:ec2:${region}:*:${kind}/*`;
}
