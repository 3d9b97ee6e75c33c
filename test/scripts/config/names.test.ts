import { describe, expect, test } from 'vitest';
import { tenantName } from '../../../scripts/config/environment.ts';
import { keys, names, shorten, tags } from '../../../scripts/config/names.ts';

const longest = { environment: 'production', tenant: 'a23456789-123456789z' };
const shop = { environment: 'dev', tenant: 'shop' };

describe('shorten', () => {
  test('leaves what fits', () => {
    expect(shorten('exactly', 7)).toBe('exactly');
  });
  test('cuts to the limit and keeps names distinct by a hash', () => {
    const [one, two] = [shorten('a-very-long-name-one', 16), shorten('a-very-long-name-two', 16)];
    expect(one).toMatch(/^a-very-lo-[0-9a-f]{6}$/);
    expect([one.length, one === two, shorten('a-very-long-name-one', 16) === one]).toEqual([16, false, true]);
  });
  test('leaves no two hyphens at the cut', () => {
    expect(shorten('abc---defghijkl', 12)).toMatch(/^abc-[0-9a-f]{6}$/);
  });
});

describe('names keep within the limits of AWS', () => {
  const roles = ['deploy', 'plan', 'execution', 'instance', 'pipeline', 'codedeploy'] as const;
  test('for the longest tenant there can be', () => {
    expect(tenantName.safeParse(longest.tenant).success).toBe(true);
    expect(names.targetGroup(longest, 65_535, 10).length).toBeLessThanOrEqual(32);
    expect(names.loadBalancer(longest.environment, 10).length).toBeLessThanOrEqual(32);
    expect(Math.max(...roles.map((role) => names.tenantRole(longest, role).length))).toBeLessThanOrEqual(64);
    expect(names.bucket('production', '111111111111', 'ap-southeast-3').length).toBeLessThanOrEqual(63);
    expect(names.logBucket('production', '111111111111', 'ap-southeast-3').length).toBeLessThanOrEqual(63);
    expect(names.image(longest, 'f'.repeat(64), '1234567890').length).toBeLessThanOrEqual(128);
    expect(names.host(longest).length).toBeLessThanOrEqual(100);
  });
  test('target groups of two ports or load balancers have two names', () => {
    const group = (port: number, loadBalancer: number) => names.targetGroup(longest, port, loadBalancer);
    expect(new Set([group(80, 1), group(8080, 1), group(80, 10)]).size).toBe(3);
  });
  test('as they are for a short one', () => {
    expect([
      names.host(shop),
      names.tenantStack(shop, 'data'),
      names.tenantRole(shop, 'plan'),
      names.targetGroup(shop, 8080, 1),
    ]).toEqual(['vendhost-dev-shop', 'vendhost-dev-shop-data', 'vendhost-dev-shop-plan', 'vendhost-dev-shop--8080-1']);
  });
});

test('keys of a tenant lie under its own folders', () => {
  expect([keys.revision('shop', 'abc'), keys.push('shop', 'abc'), keys.imageRecord('shop', 'abc')]).toEqual([
    'software/shop/abc.zip',
    'software/shop/abc.json',
    'infrastructure/shop/abc.json',
  ]);
});

test('a platform resource has no tenant tag', () => {
  expect(tags('dev', 'network')).toEqual({ 'vendhost:environment': 'dev', 'vendhost:layer': 'network' });
  expect(tags('dev', 'host', 'shop')).toEqual({
    'vendhost:environment': 'dev',
    'vendhost:tenant': 'shop',
    'vendhost:layer': 'host',
  });
});
