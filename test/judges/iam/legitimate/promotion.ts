import { type Case, giving, step, via } from '../cases.ts';
import { tenant } from '../owners.ts';
import type { Step } from '../simulate.ts';
import * as things from '../things.ts';

const self = tenant('shop', 'production');
const before = tenant('shop');
const by = things.roleName(self, 'deploy');
const reader = things.roleName(before, 'plan');
const own = giving(self.tags('image'));

/** `release promote --image`, where production takes images from dev. */
export function promotionCalls(): Case[] {
  const made = things.ec2('snapshot', self, 'image');
  return [
    ...['ebs:ListSnapshotBlocks', 'ebs:GetSnapshotBlock'].map((action) =>
      allowed(
        `${action} of its image's disk in dev`,
        step(reader, action, things.ec2('snapshot', before, 'image')),
        step(reader, 'kms:Decrypt', things.key(before), via('ec2')),
      ),
    ),
    allowed(
      'starts a disk',
      step(by, 'ebs:StartSnapshot', things.unnamed('snapshot'), own),
      // EBS says no `ec2:CreateAction`.
      step(by, 'ec2:CreateTags', things.unnamed('snapshot'), own),
      ...['kms:DescribeKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptTo'].map((action) =>
        step(by, action, things.key(self), via('ec2')),
      ),
      step(by, 'kms:CreateGrant', things.key(self), { ...via('ec2'), 'kms:GrantIsForAWSResource': 'true' }),
    ),
    ...['ebs:PutSnapshotBlock', 'ebs:CompleteSnapshot'].map((action) =>
      allowed(action, step(by, action, made), step(by, 'kms:Decrypt', things.key(self), via('ec2'))),
    ),
    allowed('goes on with a disk', step(by, 'ec2:CreateTags', made, giving({ 'vendhost:bake-run': '0badf00d' }))),
    allowed('gives a disk up', step(by, 'ec2:DeleteSnapshot', made)),
    allowed(
      'registers the image',
      step(by, 'ec2:RegisterImage', things.unnamed('image'), own),
      step(by, 'ec2:CreateTags', things.unnamed('image'), { ...own, 'ec2:CreateAction': 'RegisterImage' }),
      step(by, 'ec2:RegisterImage', made),
    ),
  ];
}

function allowed(name: string, ...steps: Step[]): Case {
  return { name: `release promote: ${name}`, expected: 'allowed', because: 'The image is brought by it.', steps };
}
