import { expect, test } from 'vitest';
import { askedOf, hostsOver } from '../../../scripts/explain/asked.ts';

const hash = '0'.repeat(64);

test.each([
  ['i-0123456789abcdef0', { kind: 'instance' }],
  ['ami-0123456789abcdef0', { kind: 'image' }],
  [`software/shop/${hash}.zip`, { kind: 'release', tenant: 'shop' }],
  [hash, { kind: 'release' }],
  ['0123456', { kind: 'release' }],
  ['0c0ffee0-0000-4000-8000-000000000001', { kind: 'release' }],
  ['shop.example.com', { kind: 'host' }],
])('%s is asked about by its form', (name, expected) => {
  expect(askedOf(name)).toEqual({ ...expected, name });
});

test('an address is taken for its host', () => {
  expect(askedOf('https://Shop.example.com/cart?id=1')).toEqual({ kind: 'host', name: 'shop.example.com' });
});

test.each(['shop', '012345', 'i-', `software/shop/${hash}`, 'software/Shop/x.zip', ''])('%j is no name', (name) => {
  expect(() => askedOf(name)).toThrow(`"${name}" is no host`);
});

test('a host may be under a wildcard, the nearest first', () => {
  expect(hostsOver('a.shop.example.com')).toEqual(['a.shop.example.com', '*.shop.example.com', '*.example.com']);
});
