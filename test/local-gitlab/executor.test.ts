import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { type Clock, type Executor, endProcesses } from './executor.ts';

const process = `
trap "echo $1 signalled; sleep $2; exit 0" TERM
exec 3<> "$0.fifo"
if [ "$1" = outer ]; then bash "$0" inner "$2" & fi
echo "$1 ready"
while :; do read -r <&3; done
`;

/** A job's shell with one process, and one below it, that take so many seconds to end after a SIGTERM. */
async function job(seconds: number) {
  const file = join(await mkdtemp(join(tmpdir(), 'executor-')), 'process.sh');
  await writeFile(file, process);
  await execa('mkfifo', [`${file}.fifo`]);
  const shell = spawn('bash', ['-c', `bash ${file} outer ${seconds}; echo ended $?`]);
  const lines: string[] = [];
  const reading = createInterface({ input: shell.stdout });
  reading.on('line', (line) => lines.push(line));
  onTestFinished(() => void shell.kill('SIGKILL'));
  const said = async (end: string, times = 1) => {
    while (lines.filter((line) => line.includes(end)).length < times) await once(reading, 'line');
  };
  await said('ready', 2);
  const end = async (executor: Executor, clock?: Clock) => {
    await endProcesses(shell.pid ?? 0, executor, clock);
    await said('ended');
    return { signalled: lines.filter((line) => line.endsWith('signalled')).sort(), ended: lines.at(-1) };
  };
  return { end, said };
}

/** Time that stands still until something has happened, however slow this machine is, and then passes quickly. */
function timeAfter(happened: () => Promise<void>) {
  let ms = 0;
  const now = () => ms;
  return {
    now,
    async wait(step: number) {
      await happened();
      await wait(5);
      ms += step;
    },
  };
}

test('shell: all get the signal at once, and have time', async () => {
  const { end } = await job(0.2);
  const { signalled, ended } = await end({ name: 'shell' });
  expect(signalled).toEqual(['inner signalled', 'outer signalled']);
  expect(ended).toBe('ended 0');
});

test('docker: one after another, the last made first; who has not ended within the time is killed, signalled or not', async () => {
  const early = await job(30);
  const time = timeAfter(() => early.said('inner signalled'));
  const { signalled, ended } = await early.end({ name: 'docker', processMs: 400, graceMs: 600 }, time);
  expect(signalled[0]).toBe('inner signalled');
  expect(ended).toBe('ended 137');
  expect(time.now()).toBeGreaterThanOrEqual(600);
  const late = await job(30);
  const again = timeAfter(() => late.said('inner signalled'));
  expect(await late.end({ name: 'docker', processMs: 900, graceMs: 500 }, again)).toEqual({
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
  const start = performance.now();
  expect(await end({ name: 'kubernetes', graceMs: 300 })).toEqual({ signalled: [], ended: 'ended 137' });
  expect(performance.now() - start).toBeGreaterThanOrEqual(290);
});
