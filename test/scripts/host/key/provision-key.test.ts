import { describe, expect, test } from 'vitest';
import { vendhostSchema } from '../../../../scripts/config/vendhost.ts';
import {
  isKept,
  type KeyInputs,
  keyChanges,
  keyText,
  provenance,
  provenanceOf,
  provisionKey,
  sameTemplates,
  unfinished,
} from '../../../../scripts/host/key/provision-key.ts';
import { facts, record } from '../../../builders/sample.ts';

const config = vendhostSchema.parse({});
const inputs: KeyInputs = { config, facts, record, image: 'ami-1', library: '0.1.0+aaaaaaaaaaaa' };
const key = provisionKey(inputs);
const reversed = <T extends object>(value: T) => Object.fromEntries(Object.entries(value).reverse()) as T;

describe('a provision key', () => {
  test('is a short text of its parts', () => {
    expect(keyText(key)).toMatch(
      /^configuration=[0-9a-f]{12} facts=[0-9a-f]{12} record=[0-9a-f]{12} image=ami-1 library=0\.1\.0\+aaaaaaaaaaaa$/,
    );
  });

  test('does not depend on the order of keys, at any depth', () => {
    const turned = { ...reversed(config), instances: reversed(config.instances), image: reversed(config.image) };
    expect(Object.keys(turned)).not.toEqual(Object.keys(config));
    expect(provisionKey({ ...inputs, config: turned, facts: reversed(facts), record: reversed(record) })).toEqual(key);
  });

  test('depends on the order of a list', () => {
    const hosts = ['a.example.com', 'b.example.com'];
    const of = (names: string[]) => provisionKey({ ...inputs, record: { ...record, hosts: names } }).record;
    expect(of(hosts)).not.toBe(of(hosts.toReversed()));
  });

  const changed: [string, Partial<KeyInputs>, string][] = [
    [
      'a value of vendhost.yml',
      { config: { ...config, instances: { ...config.instances, max: 3 } } },
      'vendhost.yml changed',
    ],
    [
      'a list that got longer',
      { config: { ...config, revision: { ...config.revision, ignore: ['x'] } } },
      'vendhost.yml changed',
    ],
    ['no database', { config: { ...config, database: 'none' } }, 'vendhost.yml changed'],
    ['a fact', { facts: { ...facts, approval: true } }, 'what the platform publishes changed'],
    ['the record', { record: { ...record, loadBalancer: 2 } }, "the tenant's record changed"],
    ['the image', { image: 'ami-2' }, 'image changed: ami-1 → ami-2'],
    [
      'the library',
      { library: '0.2.0+bbbbbbbbbbbb' },
      'version of Vendhost changed: 0.1.0+aaaaaaaaaaaa → 0.2.0+bbbbbbbbbbbb',
    ],
  ];
  test.each(changed)('%s changes it, and is named', (_what, change, line) => {
    expect(keyChanges(keyText(key), provisionKey({ ...inputs, ...change }))).toEqual([line]);
  });

  test('equal to another has no changes', () => {
    expect(keyChanges(keyText(key), provisionKey(structuredClone(inputs)))).toEqual([]);
  });

  test.each([undefined, '', 'none', 'configuration=1 facts=2'])('%j on the stack is none', (text) => {
    expect(keyChanges(text, key)).toEqual(['it was provisioned by a version of Vendhost that kept no key']);
    expect(sameTemplates(text, key)).toBe(false);
  });

  test('of an unfinished provision differs from every key; its templates are deployed', () => {
    const healthCheck = { path: '/health', status: '200' };
    const { ProvisionKey } = unfinished(provenance({}, { key, commit: 'aaa', data: undefined, healthCheck }));
    for (const text of ['unfinished', ProvisionKey]) {
      expect(keyChanges(text, key)).toEqual(['the last provision did not finish']);
    }
    expect(sameTemplates('unfinished', key)).toBe(false);
    expect(sameTemplates(ProvisionKey, provisionKey({ ...inputs, image: 'ami-2' }))).toBe(true);
    expect(sameTemplates(ProvisionKey, provisionKey({ ...inputs, library: '0.2.0' }))).toBe(false);
  });
});

test.each([
  [{}, true],
  [{ image: 'ami-2' }, true],
  [{ library: '0.2.0' }, false],
  [{ facts: { ...facts, domain: 'other.test' } }, false],
])('with %j the templates are the deployed ones: %s', (change, expected) => {
  expect(sameTemplates(keyText(key), provisionKey({ ...inputs, ...change }))).toBe(expected);
});

describe('what a stack keeps of its provision', () => {
  const data = { updatedAt: '2026-01-02T03:04:05.000Z' };
  const healthCheck = { path: '/health', status: '200-299' };
  const first = provenance({}, { key, commit: 'aaa', data, healthCheck });

  test('is the key, the first commit with it, the state of the data, and the health check for the release', () => {
    expect(first).toEqual({
      ProvisionKey: keyText(key),
      ProvisionCommit: 'aaa',
      DataUpdated: data.updatedAt,
      HealthCheck: '200-299 /health',
    });
    expect(provenance({ ...first }, { key, commit: 'bbb', data, healthCheck })).toEqual(first);
    const next = provisionKey({ ...inputs, image: 'ami-2' });
    expect(provenance({ ...first }, { key: next, commit: 'bbb', data: undefined, healthCheck })).toEqual({
      ProvisionKey: keyText(next),
      ProvisionCommit: 'bbb',
      DataUpdated: 'none',
      HealthCheck: '200-299 /health',
    });
  });

  test('exists or not', () => {
    expect(isKept({ ...first, ImageId: 'ami-1' }, first)).toBe(true);
    expect(isKept({ ...first, DataUpdated: 'none' }, first)).toBe(false);
    expect(provenanceOf({ ...first, ImageId: 'ami-1' })).toEqual(first);
    expect(provenanceOf({})).toEqual({
      ProvisionKey: 'none',
      ProvisionCommit: 'none',
      DataUpdated: 'none',
      HealthCheck: 'none',
    });
  });
});
