import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { quotasPage } from '../../docs/quotas.ts';
import { referencePage, schemaFiles } from '../../docs/reference.ts';

const root = join(import.meta.dirname, '../..');
const current = 'is current; otherwise run `npm run docs`';

test(`docs/configuration.md ${current}`, async () => {
  expect(await readFile(join(root, 'docs/configuration.md'), 'utf8')).toBe(referencePage());
});

test(`docs/quotas.md ${current}`, async () => {
  expect(await readFile(join(root, 'docs/quotas.md'), 'utf8')).toBe(quotasPage());
});

test(`docs/schemas ${current}`, async () => {
  const folder = join(root, 'docs/schemas');
  const texts = await Promise.all(
    (await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name), 'utf8')]),
  );
  expect(Object.fromEntries(texts)).toEqual(schemaFiles());
});

describe('an editor that uses the schemas', () => {
  const isValid = (name: string, text: string): boolean => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    return ajv.validate(JSON.parse(schemaFiles()[`${name}.schema.json`] ?? '') as object, parse(text)) as boolean;
  };

  test.each([
    ['vendhost', 'examples/page/vendhost.yml'],
    ['vendhost', 'examples/shop/vendhost.yml'],
    ['platform', 'examples/platform/platform.yml'],
    ['tenant', 'examples/platform/tenants/shop.yml'],
  ])('accepts the example of %s', async (name, file) => {
    expect(isValid(name, await readFile(join(root, file), 'utf8'))).toBe(true);
  });
  test.each([
    ['vendhost', 'imag: {}'],
    ['vendhost', 'instances: {type: big}'],
    ['vendhost', 'database: some'],
    ['platform', 'name: acme'],
    ['tenant', 'project: acme/shop\nhosts: {prod: [shop.example.com]}'],
  ])('refuses %s: %s', (name, text) => {
    expect(isValid(name, text)).toBe(false);
  });
});

test('every key is described', () => {
  const rows = referencePage()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter((line) => line.endsWith('|  |'))).toEqual([]);
});
