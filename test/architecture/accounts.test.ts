import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readText } from './imports.ts';

/** Debian's account, which publishes images. */
const publisher = '136693071363';

test('every file of cloud tests works in accounts of its own: all share one local cloud', () => {
  const files = globSync('test/**/*.cloud.test.ts', { cwd: join(import.meta.dirname, '../..') });
  const uses = files.flatMap((file) =>
    [...new Set(readText(file).match(/(?<=')\d{12}(?=')/g) ?? [])].map((account) => ({ account, file })),
  );
  const shared = [...Map.groupBy(uses, ({ account }) => account)]
    .filter(([account, users]) => account !== publisher && users.length > 1)
    .map(([account, users]) => `${account}: ${users.map(({ file }) => file).join(', ')}`);
  expect(uses.length).toBeGreaterThan(40);
  expect(shared).toEqual([]);
});
