import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readLibrary } from '../../../../scripts/host/key/library.ts';
import { repository } from '../../../builders/repository.ts';

const checkout = {
  'package.json': '{ "version": "1.2.3" }',
  'cdk/app.ts': 'app',
  'scripts/config/names.ts': 'names',
  'scripts/host/host-plan.ts': 'plan',
  'scripts/image/bake-key.ts': 'bake',
};

test('the library is its version and its code', async () => {
  expect(await readLibrary()).toMatch(/^\d+\.\d+\.\d+\+[0-9a-f]{12}$/);
  const directory = await repository(checkout);
  expect(await readLibrary(directory)).toBe(await readLibrary(await repository(checkout)));
  expect(await readLibrary(directory)).toMatch(/^1\.2\.3\+/);
});

test.each(['cdk/app.ts', 'scripts/config/names.ts', 'scripts/host/host-plan.ts', 'package.json'])(
  'a change of %s is another library',
  async (file) => {
    const directory = await repository(checkout);
    const before = await readLibrary(directory);
    await appendFile(join(directory, file), '\n');
    expect(await readLibrary(directory)).not.toBe(before);
  },
);

test('a moved file changes the library, code that builds no host does not', async () => {
  const directory = await repository(checkout);
  const before = await readLibrary(directory);
  await writeFile(join(directory, 'scripts/image/bake-key.ts'), 'other');
  expect(await readLibrary(directory)).toBe(before);
  const { 'cdk/app.ts': code, ...rest } = checkout;
  expect(await readLibrary(await repository({ ...rest, 'cdk/other.ts': code }))).not.toBe(before);
});
