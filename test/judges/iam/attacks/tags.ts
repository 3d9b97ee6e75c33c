import { type Case, giving, step } from '../cases.ts';
import { type Owner, platform, stranger, tenant } from '../owners.ts';
import type { Context, Step } from '../simulate.ts';
import { balancersGroup, type Ec2Kind, ec2, roleName, type Thing } from '../things.ts';

const self = tenant('shop');
const deploy = roleName(self, 'deploy');
const execution = roleName(self, 'execution');
const own = self.tags('image');

/** Whose things are attacked. Those of the last one have no tags. */
const victims: readonly Owner[] = [tenant('shop2'), tenant('shop', 'production'), platform(), stranger];

/** What harms a thing of each kind. */
const harm: readonly [Ec2Kind, readonly string[]][] = [
  [
    'instance',
    ['ec2:TerminateInstances', 'ec2:StopInstances', 'ec2:ModifyInstanceAttribute', 'ec2:CreateImage', 'ec2:CreateTags'],
  ],
  ['image', ['ec2:DeregisterImage', 'ec2:ModifyImageAttribute', 'ec2:CreateTags', 'ec2:EnableImageDeprecation']],
  ['snapshot', ['ec2:DeleteSnapshot', 'ec2:CreateTags']],
  ['volume', ['ec2:DeleteVolume', 'ec2:CreateTags']],
  [
    'security-group',
    [
      'ec2:AuthorizeSecurityGroupIngress',
      'ec2:RevokeSecurityGroupIngress',
      'ec2:DeleteSecurityGroup',
      'ec2:CreateTags',
      'ec2:AuthorizeSecurityGroupEgress',
      'ec2:RevokeSecurityGroupEgress',
    ],
  ],
  [
    'launch-template',
    ['ec2:DeleteLaunchTemplate', 'ec2:CreateLaunchTemplateVersion', 'ec2:ModifyLaunchTemplate', 'ec2:CreateTags'],
  ],
];

/** Things that only their tags tell apart: harmed as they are, or after they were made one's own by a tag. */
export function tagAttacks(): Case[] {
  return [...asTheyAre(), ...claimed(), ...givenAway(), ...rules(), ...balancer()];
}

function asTheyAre(): Case[] {
  return victims.flatMap((victim) =>
    harm.flatMap(([kind, actions]) =>
      ([deploy, execution] as const).flatMap((by) =>
        actions.map((action) => {
          const thing = ec2(kind, victim);
          const given: Context | undefined = action === 'ec2:CreateTags' ? giving(own) : undefined;
          return attack(`${by}: ${action} on a ${kind} of ${victim.name}`, `It is not ${self.name}'s.`, [
            step(by, action, thing, given),
          ]);
        }),
      ),
    ),
  );
}

/** A1, A3: a tag first, then what the tag allows. */
function claimed(): Case[] {
  return victims.flatMap((victim) =>
    harm.flatMap(([kind, [action = '']]) =>
      ([deploy, execution] as const).map((by) => {
        const thing = ec2(kind, victim);
        const tagged = { on: thing.on, tags: { ...thing.tags, ...own } };
        return attack(
          `${by}: tags a ${kind} of ${victim.name} as its own, then ${action}`,
          'What a tenant did not make cannot become its own.',
          [step(by, 'ec2:CreateTags', thing, giving(own)), step(by, action, tagged)],
        );
      }),
    ),
  );
}

/** A2: an own thing that says it is another's: the other's next look-up finds it. */
function givenAway(): Case[] {
  const foreign: readonly [string, Record<string, string>][] = [
    ['another tenant', { 'vendhost:tenant': 'shop2' }],
    ['another tenant and bake key', { 'vendhost:tenant': 'shop2', 'vendhost:bake-key': '5'.repeat(64) }],
    ['another environment', { 'vendhost:environment': 'production' }],
    ['the platform', { 'vendhost:layer': 'balancer' }],
    ['the network', { 'vendhost:layer': 'network' }],
  ];
  const kinds: readonly Ec2Kind[] = ['image', 'snapshot', 'instance', 'security-group'];
  return foreign.flatMap(([whom, tags]) =>
    kinds.flatMap((kind) => [
      attack(
        `${deploy}: tags its own ${kind} as that of ${whom}`,
        'A tag says whose a thing is; only its owner may be named.',
        [step(deploy, 'ec2:CreateTags', ec2(kind, self, 'image'), giving(tags))],
      ),
      attack(
        `${deploy}: makes a ${kind} with the tags of ${whom}`,
        'The tags given at a creation are the own ones.',
        makeWith(kind, { ...own, ...tags }),
      ),
    ]),
  );
}

function makeWith(kind: Ec2Kind, tags: Readonly<Record<string, string>>): Step[] {
  const action =
    { image: 'CreateImage', snapshot: 'CreateImage', instance: 'RunInstances' }[kind as string] ??
    'CreateSecurityGroup';
  const thing: Thing = { on: ec2(kind, self, 'image').on };
  return [
    step(deploy, `ec2:${action}`, thing, giving(tags)),
    step(deploy, 'ec2:CreateTags', thing, { ...giving(tags), 'ec2:CreateAction': action }),
  ];
}

/** A template's rules: in groups of others, and of groups of others in one's own. */
function rules(): Case[] {
  return victims.map((victim) =>
    attack(
      `${execution}: a rule for everybody in a security group of ${victim.name}`,
      'A template is the tenant’s own.',
      [step(execution, 'ec2:AuthorizeSecurityGroupIngress', ec2('security-group', victim))],
    ),
  );
}

/** A1: the load balancer's group, emptied: every tenant is offline. */
function balancer(): Case[] {
  const group = balancersGroup(self);
  const claimedGroup = { on: group.on, tags: { ...group.tags, ...own } };
  return ([deploy, execution] as const).flatMap((by) =>
    ['ec2:RevokeSecurityGroupIngress', 'ec2:AuthorizeSecurityGroupIngress', 'ec2:DeleteSecurityGroup'].flatMap(
      (action) => [
        attack(`${by}: ${action} of the load balancer`, "It is the platform's.", [step(by, action, group)]),
        attack(`${by}: tags the load balancer's group as its own, then ${action}`, 'All tenants would be offline.', [
          step(by, 'ec2:CreateTags', group, giving({ 'vendhost:tenant': 'shop' })),
          step(by, action, claimedGroup),
        ]),
      ],
    ),
  );
}

function attack(name: string, because: string, steps: readonly Step[]): Case {
  return { name, expected: 'denied', because, steps };
}
