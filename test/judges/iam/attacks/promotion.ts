import { type Case, giving, step } from '../cases.ts';
import { stranger, tenant } from '../owners.ts';
import type { Step } from '../simulate.ts';
import * as things from '../things.ts';

const self = tenant('shop', 'production');
const before = tenant('shop');
const by = things.roleName(self, 'deploy');
const reader = things.roleName(before, 'plan');
const own = giving(self.tags('image'));
const reads = ['ebs:ListSnapshotBlocks', 'ebs:GetSnapshotBlock'];
const writes = ['ebs:PutSnapshotBlock', 'ebs:CompleteSnapshot'];

/** Production takes images from dev here: what its jobs may copy, and whose. */
export function promotionAttacks(): Case[] {
  return [...reading(), ...starting(), ...writing(), ...taking(), ...copies(), ...staging(), ...roles()];
}

function attack(name: string, because: string, ...steps: Step[]): Case {
  return { name, expected: 'denied', because, steps };
}

/** Any branch of the tenant's project has the role that reads. */
function reading(): Case[] {
  const because = 'Only disks of its own images in its environment, by their tags.';
  const disks: (readonly [string, things.Thing])[] = [
    ...[tenant('shop2'), tenant('shop2', 'production'), self, stranger].map(
      (owner) => [`a disk of ${owner.name}`, things.ec2('snapshot', owner, 'image')] as const,
    ),
    ['a snapshot of its own data', things.ec2('snapshot', before, 'data')],
    ['a snapshot of its own instances', things.ec2('snapshot', before, 'host')],
    ['a snapshot without tags', { on: things.ec2('snapshot', before, 'image').on }],
  ];
  const compared = 'ebs:ListChangedBlocks';
  return [
    ...disks.flatMap(([what, disk]) =>
      reads.map((action) => attack(`${reader}: ${action} of ${what}`, because, step(reader, action, disk))),
    ),
    attack(
      `${reader}: ${compared}`,
      'Nothing compares disks.',
      step(reader, compared, things.ec2('snapshot', before, 'image')),
    ),
  ];
}

function starting(): Case[] {
  const start = (given: Record<string, string | readonly string[]>) =>
    step(by, 'ebs:StartSnapshot', things.unnamed('snapshot'), given);
  const parent = (id: string) => ({ ...own, 'ebs:ParentSnapshot': id });
  return [
    ...[tenant('shop2', 'production'), before, stranger].map((owner) =>
      attack(
        `${by}: starts a disk with the tags of ${owner.name}`,
        'The boundary compares tags with those of the role.',
        start(giving(owner.tags('image'))),
      ),
    ),
    attack(`${by}: starts a disk of its data`, 'It is for images.', start(giving(self.tags('data')))),
    attack(`${by}: starts a disk without tags`, "It would be nobody's.", start({})),
    ...[before, tenant('shop2'), stranger].map((owner) =>
      attack(
        `${by}: starts a disk with that of ${owner.name} as its parent`,
        'It would have the blocks of the parent, and nobody asks who may read them.',
        start(parent(things.ec2('snapshot', owner, 'image').on)),
      ),
    ),
    attack(
      `${by}: starts a disk with a parent that is given by its id`,
      'Older pages of AWS have the id as the value of the key.',
      start(parent('snap-0123456789abcdef0')),
    ),
  ];
}

function writing(): Case[] {
  return [before, tenant('shop2'), tenant('shop2', 'production'), stranger].flatMap((owner) =>
    [...writes, ...reads].map((action) =>
      attack(
        `${by}: ${action} of ${owner.name}`,
        'It writes its own disks only, and reads none.',
        step(by, action, things.ec2('snapshot', owner, 'image')),
      ),
    ),
  );
}

/** EBS gives no `ec2:CreateAction` for tags of what it starts. */
function taking(): Case[] {
  const because = 'What has an id is not being started.';
  const disk = things.ec2('snapshot', tenant('shop2', 'production'), 'image');
  return [
    attack(`${by}: takes a snapshot that is nobody's`, because, step(by, 'ec2:CreateTags', { on: disk.on }, own)),
    attack(`${by}: takes a snapshot of shop2/production`, because, step(by, 'ec2:CreateTags', disk, own)),
    attack(
      `${by}: takes an image that is nobody's`,
      because,
      step(by, 'ec2:CreateTags', { on: things.ec2('image', stranger, 'image').on }, own),
    ),
    attack(
      `${by}: takes a volume as it is made`,
      'Nothing of a promotion is a volume.',
      step(by, 'ec2:CreateTags', things.unnamed('volume'), { ...own, 'ec2:CreateAction': 'CreateVolume' }),
    ),
    attack(
      `${by}: makes a volume of its disk`,
      'Nothing of a promotion is a volume.',
      step(by, 'ec2:CreateVolume', things.ec2('snapshot', self, 'image'), { 'ec2:Encrypted': 'true' }),
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
  const registered = step(by, 'ec2:RegisterImage', things.unnamed('image'), own);
  const calls: readonly [string, Step[]][] = [
    ['deletes a snapshot of dev', [step(by, 'ec2:DeleteSnapshot', snapshot)]],
    ['deregisters an image of dev', [step(by, 'ec2:DeregisterImage', image)]],
    ['tags a snapshot of dev as its own', [step(by, 'ec2:CreateTags', snapshot, own)]],
    ['registers a snapshot of dev', [registered, step(by, 'ec2:RegisterImage', snapshot)]],
    [
      'registers a snapshot of shop2/production',
      [registered, step(by, 'ec2:RegisterImage', things.ec2('snapshot', tenant('shop2', 'production'), 'image'))],
    ],
    ['launches an image of dev', [step(by, 'ec2:RunInstances', image, { 'ec2:Owner': '111111111111' })]],
  ];
  return calls.map(([name, steps]) => attack(`${by}: ${name}`, 'It has no right there.', ...steps));
}

/** Whoever reads writes nothing, and whoever writes here is production's jobs alone. */
function roles(): Case[] {
  const others = [things.roleName(before, 'deploy'), things.roleName(self, 'plan'), things.roleName(self, 'execution')];
  const starts = (role: string, owner = self) =>
    step(role, 'ebs:StartSnapshot', things.unnamed('snapshot'), giving(owner.tags('image')));
  return [
    ...others.map((role) =>
      attack(
        `${role}: starts a disk in production`,
        'Only jobs that deploy to production promote to it.',
        starts(role),
      ),
    ),
    ...[before, self].map((owner) =>
      attack(`${reader}: starts a disk of ${owner.name}`, 'It reads, from any branch.', starts(reader, owner)),
    ),
    ...writes.map((action) =>
      attack(
        `${reader}: ${action}`,
        'It reads, from any branch.',
        step(reader, action, things.ec2('snapshot', before, 'image')),
      ),
    ),
    ...reads.map((action) =>
      attack(
        `${things.roleName(self, 'plan')}: ${action}`,
        'No environment takes images of production here.',
        step(things.roleName(self, 'plan'), action, things.ec2('snapshot', self, 'image')),
      ),
    ),
  ];
}
