import { describe, expect, test } from 'vitest';
import { subnetCidr, subnetKinds, supernetCidr, zones } from '../../cdk/platform/cidr-plan.ts';
import { templateOf } from './platform-props.ts';

interface Subnet {
  readonly Properties: {
    readonly CidrBlock: string;
    readonly MapPublicIpOnLaunch: boolean;
    readonly Tags: readonly { Key: string; Value: string }[];
  };
}

const dev = templateOf('network', 'dev');
const production = templateOf('network', 'production');
const subnets = Object.values(dev.findResources('AWS::EC2::Subnet')) as unknown as Subnet[];

/** First and last address of a network, as numbers. */
function range(cidr: string): [number, number] {
  const [address = '', bits = ''] = cidr.split('/');
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return [first, first + 2 ** (32 - Number(bits)) - 1];
}

const within = (inner: string, outer: string) =>
  range(inner)[0] >= range(outer)[0] && range(inner)[1] <= range(outer)[1];

describe('the plan of the network', () => {
  const all = subnetKinds.flatMap((kind) => Array.from({ length: zones }, (_, zone) => ({ kind, zone })));

  test('is this one', () => {
    expect(all.map(({ kind, zone }) => `${kind} ${subnetCidr('10.10.0.0/16', kind, zone)}`)).toEqual([
      'public 10.10.0.0/20',
      'public 10.10.16.0/20',
      'public 10.10.32.0/20',
      'natted 10.10.64.0/20',
      'natted 10.10.80.0/20',
      'natted 10.10.96.0/20',
      'private 10.10.128.0/20',
      'private 10.10.144.0/20',
      'private 10.10.160.0/20',
    ]);
  });

  test('one netmask covers a kind and nothing of another', () => {
    for (const { kind, zone } of all) {
      const cidr = subnetCidr('10.10.0.0/16', kind, zone);
      const covering = subnetKinds.filter((each) => within(cidr, supernetCidr('10.10.0.0/16', each)));
      expect(covering).toEqual([kind]);
    }
  });

  test('no two subnets overlap, and all lie in the VPC', () => {
    const ranges = all.map(({ kind, zone }) => range(subnetCidr('10.10.0.0/16', kind, zone)));
    ranges.sort((a, b) => a[0] - b[0]);
    for (const [index, [first]] of ranges.entries()) expect(first).toBeGreaterThan(ranges[index - 1]?.[1] ?? -1);
    for (const { kind, zone } of all) expect(within(subnetCidr('10.10.0.0/16', kind, zone), '10.10.0.0/16')).toBe(true);
  });
});

describe('the network stack', () => {
  test('has nine subnets by the plan; none gives public addresses by itself', () => {
    expect(subnets.map(({ Properties }) => Properties.CidrBlock).sort()).toEqual(
      subnetKinds
        .flatMap((kind) => Array.from({ length: zones }, (_, z) => subnetCidr('10.10.0.0/16', kind, z)))
        .sort(),
    );
    expect(subnets.some(({ Properties }) => Properties.MapPublicIpOnLaunch)).toBe(false);
  });

  test('subnets are called by kind and zone', () => {
    const called = subnets.map(({ Properties }) => Properties.Tags.find(({ Key }) => Key === 'Name')?.Value);
    expect(called.sort()).toEqual(
      ['natted', 'private', 'public'].flatMap((kind) => ['a', 'b', 'c'].map((zone) => `vendhost-dev-${kind}-${zone}`)),
    );
  });

  test('one NAT gateway, or one in each zone', () => {
    dev.resourceCountIs('AWS::EC2::NatGateway', 1);
    production.resourceCountIs('AWS::EC2::NatGateway', 3);
  });

  test('private subnets have no way out: six default routes for nine route tables', () => {
    production.resourceCountIs('AWS::EC2::RouteTable', 9);
    production.resourcePropertiesCountIs('AWS::EC2::Route', { DestinationCidrBlock: '0.0.0.0/0' }, 6);
  });

  test('refused traffic is logged, S3 is reached without the NAT gateway', () => {
    dev.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT', ResourceType: 'VPC' });
    dev.hasResourceProperties('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' });
  });
});
