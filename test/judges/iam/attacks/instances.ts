import { type Case, giving, step } from '../cases.ts';
import { type Owner, platform, stranger, tenant } from '../owners.ts';
import type { Context, Step } from '../simulate.ts';
import { balancersGroup, ec2, keyPair, roleName, subnet, type Thing } from '../things.ts';

const self = tenant('shop');
const deploy = roleName(self, 'deploy');
const execution = roleName(self, 'execution');

const others: readonly Owner[] = [tenant('shop2'), tenant('shop', 'production'), stranger];

/** C: instances that read other disks, or stand in other networks. */
export function instanceAttacks(): Case[] {
  return [...disks(), ...networks(), ...templates(), ...sizes(), ...openings(), ...commands()];
}

function starts(by: string, name: string, thing: Thing, because: string, given?: Context): Case {
  return {
    name: `${by}: starts an instance ${name}`,
    expected: 'denied',
    because,
    steps: [step(by, 'ec2:RunInstances', thing, given)],
  };
}

function disks(): Case[] {
  return [deploy, execution].flatMap((by) =>
    others.flatMap((owner) => [
      starts(by, `from an image of ${owner.name}`, ec2('image', owner, 'image'), 'It would read its disk.', {
        'ec2:Owner': '111111111111',
        'ec2:Public': 'false',
      }),
      starts(
        by,
        `with a volume of a snapshot of ${owner.name}`,
        ec2('snapshot', owner, 'image'),
        'It would read its disk.',
        {
          'ec2:Owner': '111111111111',
        },
      ),
    ]),
  );
}

function networks(): Case[] {
  const places: readonly [string, Thing][] = [
    ['in the database’s security group of shop2/dev', ec2('security-group', tenant('shop2'), 'data')],
    ['in the instances’ security group of shop2/dev', ec2('security-group', tenant('shop2'))],
    [
      'in the database’s security group of its own production',
      ec2('security-group', tenant('shop', 'production'), 'data'),
    ],
    ['in a security group without tags', ec2('security-group', stranger)],
    ['in the load balancer’s security group', balancersGroup(self)],
    ["in production's egress subnet", subnet(platform('production'), 'egress')],
    ["in production's public subnet", subnet(platform('production'), 'public')],
    ['in its own isolated subnet, where databases are', subnet(self, 'isolated')],
    [
      'in a subnet of somebody else',
      { on: subnet(self, 'public').on.replace(/subnet-.*/, 'subnet-0fedcba9876543210') },
    ],
  ];
  // AWS gives no tags of network interfaces in RunInstances: only its id tells that one exists.
  const other = ec2('network-interface', tenant('shop2')).on;
  return [deploy, execution].flatMap((by) => [
    ...places.map(([name, thing]) => starts(by, name, thing, 'Who stands there is let in by what is around it.')),
    starts(by, 'with the network interface of shop2/dev', { on: other }, 'It would have its address.', {
      'ec2:NetworkInterfaceID': other.split('/')[1] ?? '',
    }),
  ]);
}

/** A launch template brings whatever it says: image, role, user data. */
function templates(): Case[] {
  return [
    ...[deploy, execution].flatMap((by) =>
      others.map((owner) =>
        starts(by, `with the launch template of ${owner.name}`, ec2('launch-template', owner), 'It is not its own.'),
      ),
    ),
    starts(
      deploy,
      'with a key pair of somebody else',
      keyPair('bastion', {}),
      'Who holds the private key could log in.',
    ),
  ];
}

function newInstance(by: string, name: string, given: Context, because: string): Case {
  const thing = { on: ec2('instance', self).on };
  const layer = by === deploy ? 'image' : 'host';
  const usual = { 'ec2:InstanceType': 't3.small', 'ec2:MetadataHttpTokens': 'required', ...giving(self.tags(layer)) };
  return {
    name: `${by}: starts ${name}`,
    expected: 'denied',
    because,
    steps: [step(by, 'ec2:RunInstances', thing, { ...usual, ...given })],
  };
}

/** C4: what `limits` of tenants/<name>.yml forbids. */
function sizes(): Case[] {
  return [
    ...[deploy, execution].flatMap((by) => [
      newInstance(by, 'a p5.48xlarge', { 'ec2:InstanceType': 'p5.48xlarge' }, 'Not among limits.instance_types.'),
      newInstance(by, 'an m7i.large', { 'ec2:InstanceType': 'm7i.large' }, 'Not among limits.instance_types.'),
    ]),
    newInstance(
      execution,
      'an instance with IMDSv1',
      { 'ec2:MetadataHttpTokens': 'optional' },
      'A hole in the software would give the role away.',
    ),
    ...[deploy, execution].map(
      (by): Case => ({
        name: `${by}: starts an instance with a plain volume`,
        expected: 'denied',
        because: "Every disk is encrypted with the environment's key.",
        steps: [
          step(
            by,
            'ec2:RunInstances',
            { on: ec2('volume', self).on },
            { 'ec2:Encrypted': 'false', ...giving(self.tags('image')) },
          ),
        ],
      }),
    ),
  ];
}

/** H8 and relatives: an own image or disk that others may read. */
function openings(): Case[] {
  const image = ec2('image', self, 'image');
  const snapshot = ec2('snapshot', self, 'image');
  const calls: readonly [string, Step][] = [
    [
      'shares its image with another account',
      step(deploy, 'ec2:ModifyImageAttribute', image, { 'ec2:Attribute': 'LaunchPermission' }),
    ],
    [
      'shares its snapshot with another account',
      step(deploy, 'ec2:ModifySnapshotAttribute', snapshot, { 'ec2:Attribute': 'CreateVolumePermission' }),
    ],
    [
      'reads the blocks of a snapshot of shop2/dev',
      step(deploy, 'ebs:GetSnapshotBlock', ec2('snapshot', tenant('shop2'), 'image')),
    ],
    ['copies an image of shop2/dev', step(deploy, 'ec2:CopyImage', { on: ec2('image', self, 'image').on })],
    ['exports its image', step(deploy, 'ec2:ExportImage', image)],
    ['makes a volume of a snapshot', step(deploy, 'ec2:CreateVolume', { on: ec2('volume', self).on })],
    ['attaches a volume of shop2/dev', step(deploy, 'ec2:AttachVolume', ec2('volume', tenant('shop2')))],
    [
      'reads the console of an instance of shop2/dev',
      step(deploy, 'ec2:GetConsoleOutput', ec2('instance', tenant('shop2'))),
    ],
    ['reads the password of an instance', step(deploy, 'ec2:GetPasswordData', ec2('instance', tenant('shop2')))],
    [
      'gives an instance of shop2/dev another role',
      step(deploy, 'ec2:AssociateIamInstanceProfile', ec2('instance', tenant('shop2'))),
    ],
    [
      'mirrors the traffic of shop2/dev',
      step(deploy, 'ec2:CreateTrafficMirrorSession', ec2('network-interface', tenant('shop2'))),
    ],
    [
      'logs in to an instance of shop2/dev',
      step(deploy, 'ec2-instance-connect:SendSSHPublicKey', ec2('instance', tenant('shop2'))),
    ],
    [
      'starts a session on an instance of shop2/dev',
      step(deploy, 'ssm:StartSession', ec2('instance', tenant('shop2'))),
    ],
    ['runs a command on an instance of shop2/dev', step(deploy, 'ssm:SendCommand', ec2('instance', tenant('shop2')))],
  ];
  return calls.map(([name, one]) => ({
    name: `${deploy}: ${name}`,
    expected: 'denied',
    because: 'No command needs it, and it reaches beyond the tenant.',
    steps: [one],
  }));
}

/** Root on an instance: on another's never; on one's own not by a session, and not by a command where releases need an approval. */
function commands(): Case[] {
  const run = (by: Owner, action: string, owner: Owner, because: string): Case => ({
    name: `${roleName(by, 'deploy')}: ${action} to an instance of ${owner.name}`,
    expected: 'denied',
    because,
    steps: [step(roleName(by, 'deploy'), action, ec2('instance', owner))],
  });
  const approved = others.filter(({ environment }) => environment === 'production');
  return [
    run(self, 'ssm:StartSession', self, 'No record would have what it does.'),
    ...approved.map((owner) => run(owner, 'ssm:SendCommand', owner, 'Nobody would approve what it changes.')),
    ...others.flatMap((owner) =>
      ['ssm:SendCommand', 'ssm:StartSession'].map((action) => run(self, action, owner, `It belongs to ${owner.name}.`)),
    ),
  ];
}
