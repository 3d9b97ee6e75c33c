import { describe, expect, it } from 'vitest';
import {
  contains,
  type Network,
  networkPlan,
  onBoundary,
  overlaps,
  parseNetwork,
  writeNetwork,
} from '../../../scripts/config/network.ts';

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (parsed === undefined) throw new Error(`${text} is no network`);
  return parsed;
}

describe('the plan of a VPC', () => {
  it('gives each kind a quarter of the VPC and each zone a quarter of that', () => {
    expect(networkPlan({ cidr: '10.10.0.0/16', subnets: {} })).toEqual({
      public: { supernet: '10.10.0.0/18', subnets: ['10.10.0.0/20', '10.10.16.0/20', '10.10.32.0/20'] },
      egress: { supernet: '10.10.64.0/18', subnets: ['10.10.64.0/20', '10.10.80.0/20', '10.10.96.0/20'] },
      isolated: { supernet: '10.10.128.0/18', subnets: ['10.10.128.0/20', '10.10.144.0/20', '10.10.160.0/20'] },
    });
  });

  it('divides a supernet of its own just so, and leaves the others where they are', () => {
    const { public: own, egress } = networkPlan({ cidr: '172.31.0.0/16', subnets: { public: '172.31.255.192/26' } });
    expect(own).toEqual({
      supernet: '172.31.255.192/26',
      subnets: ['172.31.255.192/28', '172.31.255.208/28', '172.31.255.224/28'],
    });
    expect(egress.supernet).toBe('172.31.64.0/18');
  });

  it('refuses what is no network', () => {
    expect(() => networkPlan({ cidr: '10.10.0.0', subnets: {} })).toThrow('10.10.0.0 is not an IPv4 network');
  });
});

describe('networks', () => {
  it.each(['10.10.0.0/16', '0.0.0.0/0', '255.255.255.255/32', '192.168.1.128/25'])(
    'are written as read: %s',
    (text) => {
      expect(writeNetwork(network(text))).toBe(text);
    },
  );

  it.each([
    '10.256.0.0/16',
    '10.10.0.0/33',
    '10.10.0/16',
    '10.10.0.0',
    'fd00::/8',
    '10.010.0.0/16',
    '10.10.0.0/08',
    ' 10.10.0.0/16',
  ])('%s is none', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });

  it.each([
    ['10.10.5.0/16', '10.10.0.0/16'],
    ['10.10.100.0/18', '10.10.64.0/18'],
    ['10.10.64.0/18', '10.10.64.0/18'],
    ['255.255.255.255/1', '128.0.0.0/1'],
  ])('%s lies in %s', (text, expected) => {
    expect(writeNetwork(onBoundary(network(text)))).toBe(expected);
  });

  it.each([
    ['10.10.0.0/16', '10.10.64.0/18', true, true],
    ['10.10.0.0/16', '10.10.0.0/16', true, true],
    ['10.10.64.0/18', '10.10.0.0/16', false, true],
    ['10.10.0.0/18', '10.10.64.0/18', false, false],
    ['10.10.0.0/16', '10.11.0.0/16', false, false],
    ['255.255.0.0/16', '255.255.255.255/32', true, true],
  ])('%s and %s: contains %s, overlaps %s', (one, other, containing, overlapping) => {
    expect([contains(network(one), network(other)), overlaps(network(one), network(other))]).toEqual([
      containing,
      overlapping,
    ]);
  });
});
