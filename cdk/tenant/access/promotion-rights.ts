import type { Environment } from '../../../scripts/config/environment.ts';
import { merge, type Right } from '../../role.ts';
import type { Scope } from './tenant-scope.ts';

/**
 * What copies the disks of an image that the tenant has in another environment of the account: a volume of its snapshot, a snapshot of the
 * volume, an image of that snapshot. Not `CopyImage` and `CopySnapshot`: no condition can ask for the tags of what they copy, so they would
 * copy any tenant's (https://docs.aws.amazon.com/service-authorization/latest/reference/list_ec2.html).
 */
export function promotionRights(scope: Scope, from: Environment): Right[] {
  return [...diskRights(scope, from), ...imageRights(scope)];
}

function diskRights(scope: Scope, from: Environment): Right[] {
  const theirs = {
    StringEquals: {
      'aws:ResourceTag/vendhost:tenant': scope.place.tenant,
      'aws:ResourceTag/vendhost:environment': from,
      'aws:ResourceTag/vendhost:layer': 'image',
    },
    Bool: { 'ec2:Encrypted': 'true' },
  };
  const create = ['ec2:CreateVolume'];
  return [
    {
      sid: 'CopyDisk',
      actions: create,
      resources: scope.snapshots(),
      when: theirs,
      because: `Snapshots of the tenant's own images in ${from}, by their tags.`,
    },
    {
      sid: 'CopyTo',
      actions: create,
      resources: scope.ec2('volume'),
      when: scope.newVolume,
      because: 'The id does not exist yet; the request must set the tags, and encryption.',
    },
    {
      sid: 'DeleteDisk',
      actions: ['ec2:DeleteVolume'],
      resources: scope.ec2('volume'),
      when: merge(scope.resourceTags, { StringEquals: { 'aws:ResourceTag/vendhost:layer': 'image' } }),
      because: "The tenant's own, made for an image.",
    },
  ];
}

function imageRights(scope: Scope): Right[] {
  return [
    {
      sid: 'SaveDisk',
      actions: ['ec2:CreateSnapshot'],
      resources: scope.ec2('volume'),
      when: merge(scope.resourceTags, { StringEquals: { 'aws:ResourceTag/vendhost:layer': 'image' } }),
      because: "The tenant's own, made for an image.",
    },
    {
      sid: 'SaveTo',
      actions: ['ec2:CreateSnapshot'],
      resources: scope.snapshots(),
      when: scope.requestTags,
      because: 'The id does not exist yet; the request must set the tags.',
    },
    {
      sid: 'Register',
      actions: ['ec2:RegisterImage'],
      resources: scope.images(),
      when: scope.requestTags,
      because: 'The id does not exist yet; the request must set the tags.',
    },
    {
      sid: 'RegisterOwn',
      actions: ['ec2:RegisterImage'],
      resources: scope.snapshots(),
      when: scope.resourceTags,
      because: "Any snapshot with the tenant's tags and those of this environment.",
    },
    {
      sid: 'TagCopy',
      actions: ['ec2:CreateTags'],
      resources: scope.anything,
      when: scope.tagsOnCreation('CreateSnapshot', 'CreateVolume', 'RegisterImage'),
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
