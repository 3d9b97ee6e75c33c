import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { firstLines, parseConfig } from '../../../../scripts/config/load.ts';
import { platformSchema } from '../../../../scripts/config/platform.ts';
import { parseYaml } from '../../../../scripts/config/reading/parse-yaml.ts';
import { tenantSchema } from '../../../../scripts/config/tenant.ts';
import { vendhostSchema } from '../../../../scripts/config/vendhost.ts';

test.each<[string, string, string]>([
  ['an alias into itself', 'instances: &i {min: *i}', '*i leads into itself at line 1, column 21'],
  ['a list in itself', 'a: &a\n  - b: [*a]', '*a leads into itself at line 2, column 9'],
  ['a key twice', 'a:\n  b: 1\n  b: 2', 'the key b is there twice at line 3, column 3'],
  ['one key in two forms', '1: a\n"1": b', 'the key 1 is there twice at line 2, column 1'],
  ['a mapping as a key', '? {a: b}\n: c', 'a key is a list, a mapping or an alias at line 1, column 3: must be a text'],
  ['two documents', 'a: 1\n---\nb: 2', 'it has a second document, after --- at line 2, column 1'],
  ['a tag', 'a: !foo 1', 'Unresolved tag: !foo at line 1, column 4'],
  ['another YAML', '%YAML 9.9\n---\na: 1', 'Unsupported YAML version 9.9 at line 1, column 7'],
  ['deep lists', `${'['.repeat(51)}${']'.repeat(51)}`, 'it is nested deeper than 50 levels'],
  ['what the parser itself is too deep for', '['.repeat(20_000), 'it is nested deeper than 50 levels'],
  ['deep lists in one line', `${'- '.repeat(5000)}a`, 'it is nested deeper than 50 levels'],
  [
    'levels behind aliases',
    Array.from({ length: 60 }, (_, n) => `k${n}: &k${n} [${n === 0 ? '' : `*k${n - 1}`}]`).join('\n'),
    'it is nested deeper than 50 levels',
  ],
])('%s', (_, text, fault) => {
  expect(parseYaml(text).faults).toEqual([fault]);
});

test('names of the language are keys like others', () => {
  const text = '__proto__: 1\nconstructor: 2\ntoString: 3\nhealth_check: {__proto__: {a: 1}, valueOf: 2}\n';
  const paths = parseConfig('f', text, vendhostSchema).faults.map(({ path, message }) => [path, message.slice(0, 11)]);
  expect(paths).toEqual(
    ['health_check.__proto__', 'health_check.valueOf', '__proto__', 'constructor', 'toString'].map((path) => [
      path,
      'unknown key',
    ]),
  );
});

test('of many faults the first are listed and the others counted; long keys and values are cut', () => {
  const text = `${Array.from({ length: 5000 }, (_, n) => `${'k'.repeat(n)}${n}: 1`)
    .slice(0, 200)
    .join('\n')}\n`;
  const { faults } = parseConfig('f', text, vendhostSchema);
  expect(faults.length).toBe(200);
  expect(Math.max(...faults.map(({ path }) => path.length))).toBe(80);
  expect(firstLines(faults.map(({ path }) => path)).slice(99)).toEqual([faults[99]?.path, 'and 100 more']);
});

const schemas: [string, z.ZodType][] = [
  ['vendhost.yml', vendhostSchema],
  ['tenants/shop.yml', tenantSchema],
  ['platform.yml', platformSchema],
];

/** Keys that the schemas know beside any others, so that the values below them are reached. */
const key = fc.oneof(
  fc.constantFrom(
    ...['image', 'source', 'instances', 'min', 'max', 'database', 'health_check', 'path', 'status', 'revision'],
    ...[
      'project',
      'hosts',
      'dev',
      'limits',
      'port',
      'environments',
      'cidr',
      'subnets',
      'public',
      'gitlab',
      '__proto__',
    ],
  ),
  fc.string(),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.constant('10.10.0.0/16')),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(key, tie('any'), { maxKeys: 6, noNullPrototype: true }),
  ),
})).any;

test.each(schemas)('%s: any content is taken or has faults, each with a message and its file', (file, schema) => {
  fc.assert(
    fc.property(value, (content) => {
      const { value: read, faults } = parseConfig(file, stringify(content), schema);
      expect(read === undefined).toBe(faults.length > 0);
      for (const fault of faults) {
        expect(fault).toEqual({ file, path: expect.any(String), message: expect.stringMatching(/^.{3,400}$/su) });
        expect(fault.message).not.toContain('[object Object]');
      }
    }),
    { seed: 15, numRuns: 300 },
  );
});

test.each(schemas)('%s: any text at all is read to an end', (file, schema) => {
  const piece = fc.constantFrom(
    ...['a: ', 'instances:', '\n', '  ', '- ', '[', ']', '{', '}', '&a ', '*a', '"', "'", '|', '>', '#', '? ', ': '],
    ...['!x ', '---\n', '...\n', '%YAML 1.2\n', '<<: ', 'true', '0x1F', '1e400', '~', '\t', '\u0000', '\uFEFF', 'ü'],
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (pieces) => {
      const { value: read, faults } = parseConfig(file, pieces.join(''), schema);
      expect(read === undefined).toBe(faults.length > 0);
    }),
    { seed: 15, numRuns: 500 },
  );
});

test('what was written with every default filled in is read as the same again', () => {
  fc.assert(
    fc.property(
      fc.record(
        {
          instances: fc.record({ min: fc.integer({ min: 0, max: 3 }), max: fc.integer({ min: 3, max: 100 }) }),
          database: fc.constantFrom('none', { rotation: 'weekly' }, { storage_gib: 40 }),
          health_check: fc.record({ grace_seconds: fc.integer({ min: 0, max: 7200 }) }),
          revision: fc.record({ ignore: fc.array(fc.string({ minLength: 1 })) }),
        },
        { requiredKeys: [] },
      ),
      (content) => {
        const once = parseConfig('f', stringify(content), vendhostSchema);
        expect(once.faults).toEqual([]);
        expect(parseConfig('f', stringify(once.value), vendhostSchema).value).toEqual(once.value);
      },
    ),
    { seed: 15, numRuns: 200 },
  );
});
