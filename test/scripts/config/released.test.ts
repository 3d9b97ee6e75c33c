import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { platformFacts } from '../../../scripts/aws/read-facts.ts';
import { factsSchema, tenantRecordSchema, vendedRecordSchema } from '../../../scripts/config/facts.ts';
import {
  auditRecordSchema,
  bakeLeaseSchema,
  hostClaimSchema,
  hostPipelineSchema,
  imageRecordSchema,
  priorityClaimSchema,
  releaseRecordSchema,
  revisionPushSchema,
} from '../../../scripts/config/stored.ts';

// What each version stores, as it stores it: `released/VERSION/`. The data of a released version never changes. When a shape does,
// the folder of the next version gets what that one writes.
const root = join(import.meta.dirname, 'released');
const readers = {
  'audit-record': auditRecordSchema,
  'tenant-record': tenantRecordSchema,
  'tenant-record-halves': tenantRecordSchema,
  'host-claim': hostClaimSchema,
  'priority-claim': priorityClaimSchema,
  'tenant-priority': priorityClaimSchema,
  'tenant-priority-moving': priorityClaimSchema,
  'bake-lease': bakeLeaseSchema,
  'image-record': imageRecordSchema,
  'host-pipeline': hostPipelineSchema,
  push: revisionPushSchema,
  'release-record': releaseRecordSchema,
} satisfies Record<string, z.ZodObject>;

type Stored = keyof typeof readers;

const byNumber = new Intl.Collator('en', { numeric: true });
const versions = readdirSync(root).sort(byNumber.compare);
const stored = (version: string, what: string) =>
  JSON.parse(readFileSync(join(root, version, `${what}.json`), 'utf8')) as Record<string, unknown>;
const all = versions.flatMap((version) =>
  (Object.keys(readers) as Stored[]).map((what) => [version, what] as [string, Stored]),
);

/** The same with a key more in every object that has named keys: what a newer version may write. */
function ofTomorrow(value: unknown, keyed: readonly string[] = ['inputs', 'limits', 'roles']): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, keyed.includes(key) ? ofTomorrow(inner) : inner]);
  return { ...Object.fromEntries(entries), ofTomorrow: { any: ['thing'] } };
}

test.each(all)('what version %s wrote is read: %s', (version, what) => {
  expect(readers[what].parse(stored(version, what))).toEqual(stored(version, what));
});

test.each(all)('%s %s: what a newer version adds is left out', (version, what) => {
  expect(readers[what].parse(ofTomorrow(stored(version, what)))).toEqual(stored(version, what));
});

test.each(versions)(
  'the facts that version %s published are read, and what a newer one adds is left out',
  (version) => {
    const read = (values: Record<string, string>) =>
      platformFacts({ environment: 'dev', region: 'eu-west-1', values }, 1);
    const published = stored(version, 'facts') as Record<string, string>;
    expect(Object.keys(read(published)).sort()).toEqual(Object.keys(factsSchema.shape).sort());
    expect(read({ ...published, 'of-tomorrow': 'x' })).toEqual(read(published));
  },
);

test.each(versions)(
  'a vend takes what it needs of the record of version %s, whatever else is wrong with it',
  (version) => {
    const { roles: _roles, limits: _limits, branch: _branch, ...rest } = stored(version, 'tenant-record');
    expect(vendedRecordSchema.parse({ ...rest, hosts: 'many' })).toMatchObject({
      project: 'acme/shop',
      loadBalancer: 1,
    });
  },
);

test('a record of a platform that allows more than this version knows', () => {
  const record = stored('0.1.0', 'tenant-record');
  const limits = { ...(record.limits as object), instance_types: Array(40).fill('z9.new'), image_owners: ['a-shop'] };
  const read = tenantRecordSchema.parse({ ...record, limits, subjects: ['of-tomorrow'] });
  expect([read.limits.instance_types.length, read.subjects]).toEqual([40, undefined]);
});

test('the data of the newest version has every key that is written today', () => {
  const newest = versions.at(-1) ?? '';
  const written = (Object.keys(readers) as Stored[]).map((what) => [what, Object.keys(stored(newest, what))] as const);
  const keysOf = (schema: unknown) => written.filter(([what]) => readers[what] === schema).flatMap(([, keys]) => keys);
  for (const schema of new Set(Object.values(readers))) {
    expect([...new Set(keysOf(schema))].sort()).toEqual(Object.keys(schema.shape).sort());
  }
});
