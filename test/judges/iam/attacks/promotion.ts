import { type Case, giving, step } from '../cases.ts';
import { stranger, tenant } from '../owners.ts';
import type { Context, Step } from '../simulate.ts';
import * as things from '../things.ts';

const self = tenant('shop', 'production');
const before = tenant('shop');
const by = things.roleName(self, 'deploy');
const own = giving(self.tags('image'));
const encrypted: Context = { 'ec2:Encrypted': 'true' };

/** Production takes images from dev here: what its jobs may copy, and whose. */
export function promotionAttacks(): Case[] {
  return [...disks(), ...copies(), ...staging(), ...roles()];
}

function attack(name: string, because: string, ...steps: Step[]): Case {
  return { name, expected: 'denied', because, steps };
}

const volume = { on: things.ec2('volume', self, 'image').on };
const toOwn = step(by, 'ec2:CreateVolume', volume, { ...own, ...encrypted });

function disks(): Case[] {
  const because = 'Only disks of its own images in the environment before, by their tags.';
  const sources = [tenant('shop2'), tenant('shop2', 'production'), self, stranger];
  const snapshot = things.ec2('snapshot', before, 'image');
  return [
    ...sources.map((owner) =>
      attack(
        `${by}: makes a volume of a snapshot of ${owner.name}`,
        because,
        step(by, 'ec2:CreateVolume', things.ec2('snapshot', owner, 'image'), encrypted),
        toOwn,
      ),
    ),
    attack(
      `${by}: makes a volume of a snapshot of its data in dev`,
      because,
      step(by, 'ec2:CreateVolume', things.ec2('snapshot', before, 'data'), encrypted),
      toOwn,
    ),
    attack(
      `${by}: makes a plain volume of its snapshot in dev`,
      'Every disk is encrypted.',
      step(by, 'ec2:CreateVolume', snapshot, encrypted),
      step(by, 'ec2:CreateVolume', volume, { ...own, 'ec2:Encrypted': 'false' }),
    ),
    attack(
      `${by}: makes a volume in dev of its snapshot there`,
      'It writes in its own environment only.',
      step(by, 'ec2:CreateVolume', snapshot, encrypted),
      step(by, 'ec2:CreateVolume', volume, { ...giving(before.tags('image')), ...encrypted }),
    ),
    attack(
      `${by}: makes a volume without tags`,
      "It would be nobody's.",
      step(by, 'ec2:CreateVolume', snapshot, encrypted),
      step(by, 'ec2:CreateVolume', volume, encrypted),
    ),
  ];
}

/** AWS does not tell the tags of what these copy. */
function copies(): Case[] {
  const because = 'No condition can ask whose the source is.';
  return (['image', 'snapshot'] as const).flatMap((kind) => {
    const action = kind === 'image' ? 'ec2:CopyImage' : 'ec2:CopySnapshot';
    return [before, tenant('shop2'), stranger].map((owner) =>
      attack(
        `${by}: ${action} of ${owner.name}`,
        because,
        step(by, action, { on: things.ec2(kind, owner, 'image').on }, { ...own, 'ec2:Owner': '111111111111' }),
      ),
    );
  });
}

function staging(): Case[] {
  const [image, snapshot] = [things.ec2('image', before, 'image'), things.ec2('snapshot', before, 'image')];
  const registered = step(by, 'ec2:RegisterImage', { on: things.ec2('image', self, 'image').on }, own);
  const calls: readonly [string, Step[]][] = [
    ['deletes a snapshot of dev', [step(by, 'ec2:DeleteSnapshot', snapshot)]],
    ['deregisters an image of dev', [step(by, 'ec2:DeregisterImage', image)]],
    ['tags a snapshot of dev as its own', [step(by, 'ec2:CreateTags', snapshot, own)]],
    ['deletes a volume of dev', [step(by, 'ec2:DeleteVolume', things.ec2('volume', before, 'image'))]],
    ['deletes a volume of its instances', [step(by, 'ec2:DeleteVolume', things.ec2('volume', self, 'host'))]],
    ['saves a volume of its instances', [step(by, 'ec2:CreateSnapshot', things.ec2('volume', self, 'host'))]],
    ['saves a volume of dev', [step(by, 'ec2:CreateSnapshot', things.ec2('volume', before, 'image'))]],
    ['registers a snapshot of dev', [registered, step(by, 'ec2:RegisterImage', snapshot)]],
    [
      'registers a snapshot of shop2/production',
      [registered, step(by, 'ec2:RegisterImage', things.ec2('snapshot', tenant('shop2', 'production'), 'image'))],
    ],
    ['launches an image of dev', [step(by, 'ec2:RunInstances', image, { 'ec2:Owner': '111111111111' })]],
  ];
  return calls.map(([name, steps]) => attack(`${by}: ${name}`, 'It reads disks of dev, and nothing else.', ...steps));
}

/** Nobody else has these rights: dev gives nothing. */
function roles(): Case[] {
  const others = [things.roleName(before, 'deploy'), things.roleName(self, 'plan'), things.roleName(self, 'execution')];
  return others.map((role) =>
    attack(
      `${role}: makes a volume in production of a snapshot of dev`,
      'Only the jobs that deploy to production promote to it.',
      step(role, 'ec2:CreateVolume', things.ec2('snapshot', before, 'image'), encrypted),
      step(role, 'ec2:CreateVolume', volume, { ...own, ...encrypted }),
    ),
  );
}
