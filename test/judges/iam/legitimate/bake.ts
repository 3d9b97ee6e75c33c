import { type Case, giving, step } from '../cases.ts';
import { tenant } from '../owners.ts';
import type { Context, Step } from '../simulate.ts';
import * as things from '../things.ts';

const self = tenant('shop');
const by = things.roleName(self, 'deploy');
const own = self.tags('image');
const run = { ...own, 'vendhost:bake-run': '0a1b2c3d', Name: 'vendhost-dev-shop-0a1b2c3d-builder' };
const pair = 'vendhost-bake-0a1b2c3d';

/** `image bake`: Packer itself calls nothing of AWS's. */
export function bakeCalls(): Case[] {
  return [...builder(), ...starting(), ...imaging(), ...cleaning()];
}

function allowed(name: string, ...steps: Step[]): Case {
  return { name: `image bake: ${name}`, expected: 'allowed', because: 'A bake needs it.', steps };
}

function builder(): Case[] {
  const group = { on: things.ec2('security-group', self, 'image').on };
  return [
    allowed('makes a key pair', step(by, 'ec2:CreateKeyPair', things.keyPair(pair), giving(run))),
    allowed(
      'makes a security group',
      step(by, 'ec2:CreateSecurityGroup', group, giving(run)),
      step(by, 'ec2:CreateSecurityGroup', things.vpc(self)),
    ),
    allowed(
      'lets the runner in',
      step(by, 'ec2:AuthorizeSecurityGroupIngress', things.ec2('security-group', self, 'image')),
    ),
  ];
}

const machine: Context = { 'ec2:InstanceType': 't3.small', 'ec2:MetadataHttpTokens': 'required' };

/** RunInstances asks about everything an instance is made of. */
function starting(): Case[] {
  const parts: readonly [string, things.Thing, Context?][] = [
    ['itself', { on: things.ec2('instance', self, 'image').on }, { ...machine, ...giving(run) }],
    ['its volume', { on: things.ec2('volume', self, 'image').on }, { 'ec2:Encrypted': 'true', ...giving(run) }],
    [
      "from Debian's image",
      { on: things.ec2('image', self, 'image').on.replace(/ami-.*/, 'ami-0deb1a0000000000a') },
      { 'ec2:Owner': '136693071363', 'ec2:Public': 'true' },
    ],
    [
      'from an image of its own',
      things.ec2('image', self, 'image'),
      { 'ec2:Owner': '111111111111', 'ec2:Public': 'false' },
    ],
    ['with its key pair', things.keyPair(pair, run)],
    ['in its security group', things.ec2('security-group', self, 'image')],
    ['in the public subnet', things.subnet(self, 'public')],
    ['in the egress subnet', things.subnet(self, 'egress')],
    ['with a network interface', { on: things.ec2('network-interface', self, 'image').on }, giving(run)],
  ];
  const passed = { 'iam:PassedToService': 'ec2.amazonaws.com' };
  return [
    ...parts.map(([name, thing, given]) =>
      allowed(`starts the builder: ${name}`, step(by, 'ec2:RunInstances', thing, given)),
    ),
    ...(['instance', 'volume', 'network-interface'] as const).map((kind) =>
      allowed(
        `tags the builder as it starts: ${kind}`,
        step(
          by,
          'ec2:CreateTags',
          { on: things.ec2(kind, self, 'image').on },
          { ...giving(run), 'ec2:CreateAction': 'RunInstances' },
        ),
      ),
    ),
    allowed('gives the builder its role', step(by, 'iam:PassRole', things.builderRole(self), passed)),
  ];
}

function imaging(): Case[] {
  const instance = things.ec2('instance', self, 'image');
  const image = things.ec2('image', self, 'image');
  const described = (attribute: string) => ({ 'ec2:Attribute': attribute });
  return [
    allowed('stops the builder', step(by, 'ec2:StopInstances', instance)),
    allowed(
      'makes the image',
      step(by, 'ec2:CreateImage', instance),
      step(by, 'ec2:CreateImage', { on: image.on }, giving(own)),
      step(by, 'ec2:CreateImage', { on: things.ec2('snapshot', self, 'image').on }, giving(own)),
    ),
    ...(['image', 'snapshot'] as const).map((kind) =>
      allowed(
        `tags the ${kind} as it is made`,
        step(
          by,
          'ec2:CreateTags',
          { on: things.ec2(kind, self, 'image').on },
          { ...giving(own), 'ec2:CreateAction': 'CreateImage' },
        ),
      ),
    ),
    allowed('asks the image for IMDSv2', step(by, 'ec2:ModifyImageAttribute', image, described('ImdsSupport'))),
    allowed('describes the image', step(by, 'ec2:ModifyImageAttribute', image, described('Description'))),
    allowed(
      'gives the image its bake key',
      step(by, 'ec2:CreateTags', image, giving({ 'vendhost:bake-key': '5'.repeat(64) })),
    ),
  ];
}

function cleaning(): Case[] {
  return [
    allowed('ends the builder', step(by, 'ec2:TerminateInstances', things.ec2('instance', self, 'image'))),
    allowed('deletes the key pair', step(by, 'ec2:DeleteKeyPair', things.keyPair(pair, run))),
    allowed(
      'deletes the security group',
      step(by, 'ec2:DeleteSecurityGroup', things.ec2('security-group', self, 'image')),
    ),
    allowed('deregisters a failed image', step(by, 'ec2:DeregisterImage', things.ec2('image', self, 'image'))),
    allowed('deletes its snapshot', step(by, 'ec2:DeleteSnapshot', things.ec2('snapshot', self, 'image'))),
  ];
}
