import { type Case, giving, step } from '../cases.ts';
import { stranger, tenant } from '../owners.ts';
import type { Context, Step } from '../simulate.ts';
import * as things from '../things.ts';
import { usualGroup, usualUpdate } from './limits.ts';

const self = tenant('shop');
const other = tenant('shop2');
const deploy = things.roleName(self, 'deploy');
const execution = things.roleName(self, 'execution');
const codedeploy = things.roleName(self, 'codedeploy');

/** What Auto Scaling launches for a tenant, and what an image is made of, past the rules of RunInstances. */
export function launchAttacks(): Case[] {
  return [...sources(), ...versions(), ...unsaid(), ...snapshots()];
}

function attack(name: string, because: string, steps: readonly Step[]): Case {
  return { name, expected: 'denied', because, steps };
}

const version = 'autoscaling:LaunchTemplateVersionSpecified';
const configuration = { 'autoscaling:LaunchConfigurationName': 'anything' };

function without(context: Context, ...keys: string[]): Context {
  return Object.fromEntries(Object.entries(context).filter(([key]) => !keys.includes(key)));
}

/** What a group launches, other than a version given by number: nobody is asked again when it changes. */
function sources(): Case[] {
  const because = 'AWS checks rights when a group gets a version, not when $Latest becomes another one.';
  const group = things.group(self);
  const tagged = { ...usualGroup, ...giving(self.tags('host')) };
  const create = (given: Context) => step(execution, 'autoscaling:CreateAutoScalingGroup', { on: group.on }, given);
  const update = (given: Context) => step(execution, 'autoscaling:UpdateAutoScalingGroup', group, given);
  return [
    attack(`${execution}: makes a group on $Latest`, because, [create({ ...tagged, [version]: 'false' })]),
    attack(`${execution}: makes a group of none on $Latest, writes a version, starts one`, because, [
      create({ ...tagged, [version]: 'false', 'autoscaling:MinSize': '0', 'autoscaling:MaxSize': '0' }),
      step(execution, 'ec2:CreateLaunchTemplateVersion', things.ec2('launch-template', self)),
      update({ 'autoscaling:MinSize': '1', 'autoscaling:MaxSize': '1' }),
    ]),
    attack(`${execution}: makes a group of a launch configuration`, because, [
      create({ ...without(tagged, version), ...configuration }),
    ]),
    attack(`${execution}: makes a group of a launch configuration and a version`, because, [
      create({ ...tagged, ...configuration }),
    ]),
    attack(`${execution}: makes a group like an instance`, because, [create(without(tagged, version))]),
    attack(`${execution}: puts its group on $Default`, because, [update({ ...usualUpdate, [version]: 'false' })]),
    attack(`${execution}: puts its group on a launch configuration`, because, [
      update({ ...without(usualUpdate, version), ...configuration }),
    ]),
    attack(`${execution}: writes a launch configuration`, because, [
      step(execution, 'autoscaling:CreateLaunchConfiguration', { on: `${group.on.split(':autoScalingGroup')[0]}:*` }),
    ]),
  ];
}

/** A version of the tenant's own launch template may say anything: Auto Scaling asks what its caller may launch. */
function versions(): Case[] {
  const group = things.group(self);
  const tagged = giving(self.tags('host'));
  const instance = { on: things.ec2('instance', self).on };
  const callers: readonly [string, string, Step][] = [
    [deploy, 'rolls out', step(deploy, 'autoscaling:StartInstanceRefresh', group)],
    [
      execution,
      'makes a group of',
      step(
        execution,
        'autoscaling:CreateAutoScalingGroup',
        { on: group.on },
        { ...usualGroup, ...giving(self.tags('host')) },
      ),
    ],
    [execution, 'puts its group on', step(execution, 'autoscaling:UpdateAutoScalingGroup', group, usualUpdate)],
    [codedeploy, 'resumes its group on', step(codedeploy, 'autoscaling:ResumeProcesses', group)],
  ];
  const run = (by: string, thing: things.Thing, given?: Context) => step(by, 'ec2:RunInstances', thing, given);
  const kept: Context = { 'ec2:InstanceType': 't3.small', 'ec2:MetadataHttpTokens': 'required', ...tagged };
  const said: readonly [string, (by: string) => Step][] = [
    [
      'the instance profile of shop2/dev',
      (by) => step(by, 'iam:PassRole', things.role(other, 'instance'), { 'iam:PassedToService': 'ec2.amazonaws.com' }),
    ],
    ['the image of shop2/dev', (by) => run(by, things.ec2('image', other, 'image'), { 'ec2:Owner': '111111111111' })],
    ['a security group of shop2/dev', (by) => run(by, things.ec2('security-group', other))],
    [
      "the database's security group of its production",
      (by) => run(by, things.ec2('security-group', tenant('shop', 'production'), 'data')),
    ],
    ["the load balancer's security group", (by) => run(by, things.balancersGroup(self))],
    ['the subnet of databases', (by) => run(by, things.subnet(self, 'isolated'))],
    ['a key pair of somebody else', (by) => run(by, things.keyPair('bastion', {}))],
    ['a type that is not granted', (by) => run(by, instance, { ...kept, 'ec2:InstanceType': 'p5.48xlarge' })],
    ['IMDSv1', (by) => run(by, instance, { ...kept, 'ec2:MetadataHttpTokens': 'optional' })],
    ['instances without tags', (by) => run(by, instance, without(kept, ...Object.keys(tagged)))],
    ['the tags of shop2/dev', (by) => run(by, instance, { ...kept, ...giving(other.tags('host')) })],
    ['a plain volume', (by) => run(by, { on: things.ec2('volume', self).on }, { 'ec2:Encrypted': 'false', ...tagged })],
  ];
  return [
    ...callers.flatMap(([by, verb, call]) =>
      said.map(([name, launch]) =>
        attack(
          `${by}: ${verb} a version with ${name}`,
          'A launch template says what RunInstances would be asked for.',
          [call, launch(by)],
        ),
      ),
    ),
    attack(`${deploy}: rolls out to the instances of shop2/dev`, 'It is not its group.', [
      step(deploy, 'autoscaling:StartInstanceRefresh', things.group(other)),
    ]),
  ];
}

/** A launch that leaves out what the rules are about gets AWS's defaults: IMDSv1, plain volumes. */
function unsaid(): Case[] {
  return [deploy, execution, codedeploy].flatMap((by) => {
    const tagged = giving(self.tags(by === deploy ? 'image' : 'host'));
    const launch = (name: string, kind: things.Ec2Kind, given: Context) =>
      attack(`${by}: starts ${name}`, 'What is not said is decided by AWS, the image or the account.', [
        step(by, 'ec2:RunInstances', { on: things.ec2(kind, self).on }, { ...given, ...tagged }),
      ]);
    return [
      launch('an instance that does not say which IMDS', 'instance', { 'ec2:InstanceType': 't3.small' }),
      launch('an instance that does not say which type', 'instance', { 'ec2:MetadataHttpTokens': 'required' }),
      launch('a volume that does not say whether it is encrypted', 'volume', {}),
    ];
  });
}

/** An image of another's disk: a block device of CreateImage may name a snapshot, whose tags AWS does not tell. */
function snapshots(): Case[] {
  return [other, tenant('shop', 'production'), stranger].map((owner) => {
    const { on } = things.ec2('snapshot', owner, 'image');
    return attack(`${deploy}: makes an image with a snapshot of ${owner.name}`, 'It would read its disk.', [
      step(deploy, 'ec2:CreateImage', things.ec2('instance', self, 'image')),
      step(
        deploy,
        'ec2:CreateImage',
        { on },
        { 'ec2:SnapshotID': on.split('/')[1] ?? '', ...giving(self.tags('image')) },
      ),
    ]);
  });
}
