import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { type Executor, endProcesses } from './executor.ts';

const process = `
trap "echo $1 signalled; sleep $2; exit 0" TERM
[ "$1" = inner ] || bash "$0" inner "$2" &
echo "$1 ready"
while :; do sleep 0.05; done
`;

/** A job's shell with one process, and one below it, that take so many seconds to end after a SIGTERM. */
async function job(seconds: number) {
  const file = join(await mkdtemp(join(tmpdir(), 'executor-')), 'process.sh');
  await writeFile(file, process);
  const shell = spawn('bash', ['-c', `bash ${file} outer ${seconds}; echo ended $?`]);
  const lines: string[] = [];
  const reading = createInterface({ input: shell.stdout });
  reading.on('line', (line) => lines.push(line));
  onTestFinished(() => void shell.kill('SIGKILL'));
  while (lines.filter((line) => line.endsWith('ready')).length < 2) await once(reading, 'line');
  const end = async (executor: Executor) => {
    const start = performance.now();
    await endProcesses(shell.pid ?? 0, executor);
    const took = performance.now() - start;
    if (!lines.some((line) => line.startsWith('ended'))) await once(reading, 'line');
    return { signalled: lines.filter((line) => line.endsWith('signalled')).sort(), ended: lines.at(-1), took };
  };
  return { end };
}

test('shell: all get the signal at once, and have time', async () => {
  const { end } = await job(0.2);
  const { signalled, ended } = await end({ name: 'shell' });
  expect(signalled).toEqual(['inner signalled', 'outer signalled']);
  expect(ended).toBe('ended 0');
});

test('docker: one after another, the last made first; who has not ended within the time is killed, signalled or not', async () => {
  const { end } = await job(30);
  const { signalled, ended, took } = await end({ name: 'docker', processMs: 400, graceMs: 600 });
  expect(signalled[0]).toBe('inner signalled');
  expect(ended).toBe('ended 137');
  expect(took).toBeGreaterThanOrEqual(590);
  const late = await job(30);
  expect(await late.end({ name: 'docker', processMs: 900, graceMs: 500 })).toMatchObject({
    signalled: ['inner signalled'],
    ended: 'ended 137',
  });
});

test('docker: who ends in time leaves the others time for the signal', async () => {
  const { end } = await job(0);
  expect(await end({ name: 'docker' })).toMatchObject({
    signalled: ['inner signalled', 'outer signalled'],
    ended: 'ended 0',
  });
});

test('kubernetes: nobody but the shell gets the signal, then all are killed', async () => {
  const { end } = await job(0);
  const { signalled, ended, took } = await end({ name: 'kubernetes', graceMs: 300 });
  expect([signalled, ended]).toEqual([[], 'ended 137']);
  expect(took).toBeGreaterThanOrEqual(290);
});
