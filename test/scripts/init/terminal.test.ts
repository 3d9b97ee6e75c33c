import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { emptyFolder } from './written.ts';

const executable = join(import.meta.dirname, '../../../scripts/vendhost.ts');

/** Runs `init tenant` at a terminal; each answer is `PROMPT=KEYS`. */
async function atTerminal(directory: string, answers: readonly string[]) {
  const command = [process.execPath, executable, 'init', 'tenant', '--directory', directory];
  const { exitCode, stdout } = await execa(
    'python3',
    [join(import.meta.dirname, 'terminal.py'), ...answers, '--', ...command],
    // At a person's terminal, wherever the tests run.
    { reject: false, env: { CI: undefined, TERM: 'xterm' } },
  );
  return { exitCode, stdout };
}

test('somebody answers one question after the other', async () => {
  const directory = await emptyFolder();
  const { exitCode, stdout } = await atTerminal(directory, [
    'folder:=shop\\n',
    'project in GitLab [=\\n',
    'Database=mysql\\n',
    'Tags=\\n',
    'production [=main\\n',
  ]);
  expect(exitCode, stdout).toBe(0);
  expect(stdout).toContain('written: software/appspec.yml');
  const pipeline = await readFile(join(directory, '.gitlab-ci.yml'), 'utf8');
  expect(pipeline).toMatch(/tenant: shop\n {6}production_branch: main/);
});

test.each([
  ['Ctrl-C', '\\x03'],
  ['Ctrl-D, the end of the input', '\\x04'],
])('%s ends it, with nothing written', async (_, keys) => {
  const directory = await emptyFolder();
  const { exitCode, stdout } = await atTerminal(directory, ['folder:=shop\\n', `project in GitLab [=${keys}`]);
  expect(exitCode, stdout).toBe(130);
  expect(stdout).toContain('error[CANCELLED]: cancelled by SIGINT');
  expect(await readdir(directory)).toEqual([]);
});
