import { type Case, giving, step } from '../cases.ts';
import { tenant } from '../owners.ts';
import type { Step } from '../simulate.ts';
import * as things from '../things.ts';

const self = tenant('shop', 'production');
const before = tenant('shop');
const by = things.roleName(self, 'deploy');
const own = giving(self.tags('image'));
const encrypted = { 'ec2:Encrypted': 'true' };

/** `release promote --image`, where production takes images from dev. */
export function promotionCalls(): Case[] {
  const fresh = (kind: things.Ec2Kind) => ({ on: things.ec2(kind, self, 'image').on });
  const made: readonly [string, things.Ec2Kind][] = [
    ['CreateVolume', 'volume'],
    ['CreateSnapshot', 'snapshot'],
    ['RegisterImage', 'image'],
  ];
  return [
    allowed(
      "makes a volume of its image's disk in dev",
      step(by, 'ec2:CreateVolume', things.ec2('snapshot', before, 'image'), encrypted),
      step(by, 'ec2:CreateVolume', fresh('volume'), { ...own, ...encrypted }),
    ),
    allowed(
      'saves the volume',
      step(by, 'ec2:CreateSnapshot', things.ec2('volume', self, 'image')),
      step(by, 'ec2:CreateSnapshot', fresh('snapshot'), own),
    ),
    allowed('deletes the volume', step(by, 'ec2:DeleteVolume', things.ec2('volume', self, 'image'))),
    allowed(
      'registers the image',
      step(by, 'ec2:RegisterImage', fresh('image'), own),
      step(by, 'ec2:RegisterImage', things.ec2('snapshot', self, 'image')),
    ),
    ...made.map(([action, kind]) =>
      allowed(
        `tags the ${kind} as it is made`,
        step(by, 'ec2:CreateTags', fresh(kind), { ...own, 'ec2:CreateAction': action }),
      ),
    ),
    ...['ec2:DescribeAvailabilityZones', 'ec2:DescribeVolumes'].map((action) => allowed(action, step(by, action, '*'))),
  ];
}

function allowed(name: string, ...steps: Step[]): Case {
  return { name: `release promote: ${name}`, expected: 'allowed', because: 'The image is brought by it.', steps };
}
