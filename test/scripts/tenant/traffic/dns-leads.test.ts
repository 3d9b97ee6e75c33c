import { expect, test } from 'vitest';
import { anyLeadsTo, leadTo } from '../../../../scripts/tenant/traffic/dns-leads.ts';

const balancer = 'vendhost-dev-2.elb.example.test';
const records: Readonly<Record<string, { cname?: string; addresses?: readonly string[] }>> = {
  [balancer]: { addresses: ['192.0.2.1', '192.0.2.2'] },
  'cname.example.test': { cname: 'Vendhost-Dev-2.elb.example.test.' },
  'alias.example.test': { addresses: ['192.0.2.2'] },
  'vendhost-dns-check.wild.example.test': { cname: balancer },
  'old.example.test': { cname: 'vendhost-dev.elb.example.test', addresses: ['198.51.100.1'] },
  'half.example.test': { addresses: ['192.0.2.1', '198.51.100.1'] },
};
const dns = {
  cname: async (name: string) => {
    const target = records[name]?.cname;
    if (target === undefined) throw new Error('ENODATA');
    return [target];
  },
  addresses: async (name: string) => {
    const found = records[name]?.addresses;
    if (found === undefined) throw new Error('ENOTFOUND');
    return found;
  },
};

test.each<[string, boolean]>([
  ['cname.example.test', true],
  ['alias.example.test', true],
  ['*.wild.example.test', true],
  ['old.example.test', false],
  ['half.example.test', false],
  ['nowhere.example.test', false],
])('%s: %s', async (host, leads) => {
  expect(await leadTo([host], balancer, dns)).toBe(leads);
});

test('one host that points elsewhere is enough', async () => {
  expect(await leadTo(['cname.example.test', 'old.example.test'], balancer, dns)).toBe(false);
});

test('--dns-moved is refused while DNS visibly points a host to the former load balancer', async () => {
  const former = ['vendhost-dev.elb.example.test'];
  expect(await anyLeadsTo(['cname.example.test', 'old.example.test'], former, dns)).toBe(true);
  // Behind a proxy, or where nobody answers, only a person knows.
  expect(await anyLeadsTo(['cname.example.test', 'half.example.test', 'nowhere.example.test'], former, dns)).toBe(
    false,
  );
});

test('no host points to a load balancer without addresses', async () => {
  expect(await leadTo(['nowhere.example.test'], 'gone.example.test', dns)).toBe(false);
});
