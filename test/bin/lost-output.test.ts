import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const check = ['bin/vendhost.js', 'config', 'check', '--directory', 'examples/shop'];

test.each(['stdout', 'stderr'] as const)('a reader of %s that ends first does not end the command', async (stream) => {
  const child = spawn(process.execPath, check, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  child[stream].destroy();
  const other = text(stream === 'stdout' ? child.stderr : child.stdout);
  const [code] = await once(child, 'close');
  expect([code, await other]).toEqual([
    0,
    expect.stringMatching(/^(checking the tenant repository|\d+ files checked)/),
  ]);
  expect(await other).not.toContain('EPIPE');
});

test('a result that cannot be written is a failure, in one line', async () => {
  const readOnly = await open('/dev/null', 'r');
  const child = spawn(process.execPath, check, { cwd: root, stdio: ['ignore', readOnly.fd, 'pipe'] });
  const said = text(child.stderr as NodeJS.ReadableStream);
  const [code] = await once(child, 'close');
  await readOnly.close();
  expect([code, (await said).trim().split('\n')]).toEqual([
    1,
    [
      expect.stringContaining('checking the tenant repository in'),
      expect.stringMatching(/^error: cannot write the result: EBADF/),
    ],
  ]);
});
