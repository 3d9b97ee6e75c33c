import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

test('says in one line what to do where Node runs no TypeScript', async () => {
  const words = ['--no-experimental-strip-types', '--import', './test/setup/needs-node.js', 'test/e2e/demo.ts'];
  const ended = await execa(process.execPath, words, { cwd: root, reject: false });
  expect([ended.exitCode, ended.stdout]).toEqual([1, '']);
  expect(ended.stderr).toMatch(
    /^Node [\d.]+ cannot run this: npm rebuild node .+ brings Node 24, or use Node 22\.18 or later$/,
  );
});

test('is asked by every script of package.json that is TypeScript', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const typescript = Object.entries(scripts).filter(([, line]) => /\.ts\b|vitest/.test(line));
  expect(typescript.map(([name]) => name)).toContain('demo');
  for (const [name, line] of typescript) expect.soft(line, name).toContain('node --import ./test/setup/needs-node.js ');
});
