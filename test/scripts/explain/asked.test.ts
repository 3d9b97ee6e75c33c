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

test.each([
  'https://Shop.example.com/cart?id=1',
  'HTTPS://SHOP.EXAMPLE.COM',
  'https://user@shop.example.com:8443/',
  'shop.example.com.',
  'shop.example.com:443',
  'shop.example.com/cart',
])('%s is taken for its host', (address) => {
  expect(askedOf(address)).toEqual({ kind: 'host', name: 'shop.example.com' });
});

test('a wildcard and a name in another script are hosts, too', () => {
  expect(askedOf('*.Shop.example.com')).toEqual({ kind: 'host', name: '*.shop.example.com' });
  expect(askedOf('bücher.example.com')).toEqual({ kind: 'host', name: 'xn--bcher-kva.example.com' });
});

test.each([
  'shop',
  '012345',
  'i-',
  `software/shop/${hash}`,
  'software/Shop/x.zip',
  '',
  'ada@example.com',
  'ftp://example.com',
])('%j is no name', (name) => {
  expect(() => askedOf(name)).toThrow(`"${name}" is no host`);
});

test('a host may be under a wildcard, the nearest first', () => {
  expect(hostsOver('a.shop.example.com')).toEqual(['a.shop.example.com', '*.shop.example.com', '*.example.com']);
});
