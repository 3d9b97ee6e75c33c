import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { page, withReference } from './reference.ts';

test('docs/templates.md has jobs and inputs as they are; else run `node test/ci-templates/reference.ts`', async () => {
  const text = await readFile(page, 'utf8');
  expect(await withReference(text)).toBe(text);
});

test('a page without the marks is refused', async () => {
  await expect(withReference('# CI templates')).rejects.toThrow('docs/templates.md has no <!-- jobs');
});
