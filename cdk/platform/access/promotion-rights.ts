import type { Environment } from '../../../scripts/config/environment.ts';
import { type Condition, merge, type Right } from '../../role.ts';
import type { PlatformScope } from './platform-scope.ts';

/**
 * What copies the disks of an image that a tenant has in another environment of the account: a volume of its snapshot, a snapshot of the
 * volume, an image of that snapshot. Not `CopyImage` and `CopySnapshot`: no condition can ask for the tags of what they copy, so they would
 * copy any tenant's (https://docs.aws.amazon.com/service-authorization/latest/reference/list_ec2.html). One policy for the roles of all
 * tenants: whose a disk is, is compared with the tags of the role, which only people can change.
 */
export function promotionRights(scope: PlatformScope, from: Environment): Right[] {
  return [...diskRights(scope, from), ...imageRights(scope)];
}

const tenant = '${aws:PrincipalTag/vendhost:tenant}';

function tagged(key: 'RequestTag' | 'ResourceTag', environment: string): Condition {
  return {
    StringEquals: {
      [`aws:${key}/vendhost:tenant`]: tenant,
      [`aws:${key}/vendhost:environment`]: environment,
      [`aws:${key}/vendhost:layer`]: 'image',
    },
  };
}

/** ARN of everything of a kind: AWS leaves the account of images and snapshots empty. */
function all(scope: PlatformScope, kind: string): string {
  return `arn:${scope.partition}:ec2:${scope.region}:*:${kind}`;
}

function diskRights(scope: PlatformScope, from: Environment): Right[] {
  const encrypted = { Bool: { 'ec2:Encrypted': 'true' } };
  return [
    {
      sid: 'CopyDisk',
      actions: ['ec2:CreateVolume'],
      resources: [all(scope, 'snapshot/*')],
      when: merge(tagged('ResourceTag', from), encrypted),
      because: `Snapshots of the tenant's own images in ${from}, by their tags.`,
    },
    {
      sid: 'CopyTo',
      actions: ['ec2:CreateVolume'],
      resources: scope.ec2('volume'),
      when: merge(tagged('RequestTag', scope.environment), encrypted),
      because: 'The id does not exist yet; the request must set the tags, and encryption.',
    },
    {
      sid: 'OwnDisks',
      actions: ['ec2:CreateSnapshot', 'ec2:DeleteVolume', 'ec2:RegisterImage'],
      resources: [all(scope, '*')],
      when: tagged('ResourceTag', scope.environment),
      because: "What has the tenant's tags, and was made for an image.",
    },
  ];
}

function imageRights(scope: PlatformScope): Right[] {
  const when = tagged('RequestTag', scope.environment);
  const because = 'The id does not exist yet; the request must set the tags.';
  return [
    { sid: 'SaveDisk', actions: ['ec2:CreateSnapshot'], resources: [all(scope, 'snapshot/*')], when, because },
    { sid: 'Register', actions: ['ec2:RegisterImage'], resources: [all(scope, 'image/*')], when, because },
    {
      sid: 'TagCopy',
      actions: ['ec2:CreateTags'],
      resources: [all(scope, '*')],
      when: merge(when, { StringEquals: { 'ec2:CreateAction': ['CreateSnapshot', 'CreateVolume', 'RegisterImage'] } }),
      because: 'Only in the call that creates the resource.',
    },
    {
      sid: 'LookAtCopy',
      actions: ['ec2:DescribeAvailabilityZones', 'ec2:DescribeVolumes'],
      resources: ['*'],
      because: 'AWS grants these reads for all resources or for none.',
    },
  ];
}
