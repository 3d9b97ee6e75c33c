import { expect, test } from 'vitest';
import type { BalancerMove } from '../../../../scripts/tenant/traffic/balancer.ts';
import { moveLines } from '../../../../scripts/tenant/traffic/move-lines.ts';

const place = { tenant: 'shop', environment: 'dev' } as const;
const hosts = ['shop.example.test', 'www.shop.example.test'];
const move: BalancerMove = { from: 1, to: 2, dns: { from: 'one.elb.test', to: 'two.elb.test' } };
const records = [
  '  shop.example.test: one.elb.test → two.elb.test',
  '  www.shop.example.test: one.elb.test → two.elb.test',
];
const vend = 'vendhost tenant vend shop --environment dev';

test.each<[BalancerMove['waitsFor'], readonly string[]]>([
  [
    'attach',
    [
      'dev: shop moves from load balancer 1 to 2; both have its rules',
      `next: the tenant runs its pipeline: vendhost host provision attaches the instances to both; then you: ${vend}`,
    ],
  ],
  [
    'health',
    [
      'dev: shop moves from load balancer 1 to 2; the instances are attached to both, and not all of them are healthy in 2 yet',
      `next: you, when a health check has passed: ${vend}`,
    ],
  ],
  [
    'dns',
    [
      'dev: shop moves from load balancer 1 to 2; the instances are healthy in both, but DNS does not visibly lead to 2',
      "next: the owner of the domain's DNS changes these records, and waits for their former TTL:",
      ...records,
      `then you: ${vend}; with --dns-moved if DNS cannot be queried, or hosts are behind a proxy (it is ignored while DNS visibly leads to 1)`,
    ],
  ],
  [
    'detach',
    [
      'dev: shop moves from load balancer 1 to 2; DNS leads to 2, and 1 still has its rules',
      `next: the tenant runs its pipeline: vendhost host provision detaches the instances from 1; then you: ${vend}`,
    ],
  ],
  [
    undefined,
    [
      'dev: shop has moved from load balancer 1 to 2',
      "next: the owner of the domain's DNS changes these records:",
      ...records,
    ],
  ],
])('who does what when the move waits for %s', (waitsFor, lines) => {
  const waits = waitsFor === undefined ? {} : { waitsFor };
  expect(moveLines(place, hosts, { ...move, ...waits })).toEqual(lines);
});
