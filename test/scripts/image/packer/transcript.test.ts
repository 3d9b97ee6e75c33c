import { expect, test } from 'vitest';
import type { VendhostError } from '../../../../scripts/errors.ts';
import { Transcript } from '../../../../scripts/image/packer/transcript.ts';
import { Output } from '../../../../scripts/output.ts';
import { recorder } from '../../../builders/recorder.ts';

test('prints what happens, phase by phase, and where the time went', async () => {
  const runtime = recorder();
  let now = 0;
  const transcript = new Transcript(runtime.out, () => now);
  await transcript.begin('launch');
  await transcript.accept({ kind: 'step', text: 'Waiting for SSH to become available...' });
  now = 65_000;
  await transcript.accept({ kind: 'phase', phase: 'install.sh' });
  await transcript.accept({ kind: 'output', text: 'installing' });
  now = 75_000;
  await transcript.end();
  expect(runtime.progress()).toEqual([
    'start the builder',
    '  Waiting for SSH to become available...',
    "run the tenant's install.sh",
    '  installing',
  ]);
  expect(transcript.times).toBe('launch 1 min 5 s, install.sh 10 s');
});

test('in a GitLab job each phase is a folded section, closed before the next opens', async () => {
  let printed = '';
  const out = new Output({
    stdout: () => undefined,
    stderr: (text) => (printed += text),
    sections: true,
    now: () => 5000,
  });
  const transcript = new Transcript(out);
  await transcript.begin('base');
  await transcript.begin('preInstall.sh');
  await transcript.end();
  const marks = [...printed.matchAll(/section_(start|end):5:(\w+)/g)].map(([, mark, name]) => `${mark} ${name}`);
  expect(marks).toEqual(['start bake_base', 'end bake_base', 'start bake_preInstall_sh', 'end bake_preInstall_sh']);
});

test("a tenant's failing script fails with its own last lines", async () => {
  const error = await failureAfter('install.sh', ['old', ...numbered(20)], exit(7));
  expect(error).toMatchObject({
    code: 'BAKE_FAILED',
    message: 'install.sh failed with exit code 7',
    details: numbered(20),
  });
  expect(error.hint).toContain('infrastructure/install.sh');
});

test("a failing base script is not the tenant's fault", async () => {
  const error = await failureAfter('base', ['cannot download'], exit(22));
  expect(error).toMatchObject({
    message: "the platform's base script failed with exit code 22",
    details: ['cannot download'],
  });
  expect(error.hint).toContain('platform');
});

test('other failures say what was being done', async () => {
  const error = await failureAfter('launch', [], 'Error launching source instance: no capacity', 'second line');
  expect(error).toMatchObject({
    message: 'cannot start the builder: Error launching source instance: no capacity',
    details: ['second line'],
  });
});

async function failureAfter(
  phase: 'launch' | 'base' | 'install.sh',
  lines: string[],
  ...errors: string[]
): Promise<VendhostError> {
  const transcript = new Transcript(recorder().out);
  await transcript.begin('launch');
  await transcript.accept({ kind: 'output', text: 'of another phase' });
  if (phase !== 'launch') await transcript.accept({ kind: 'phase', phase });
  for (const text of lines) await transcript.accept({ kind: 'output', text });
  for (const text of errors) await transcript.accept({ kind: 'error', text });
  await transcript.end();
  return transcript.failure();
}

function exit(code: number): string {
  return `Script exited with non-zero exit status: ${code}.Allowed exit codes are: [0]`;
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `line ${index}`);
}
