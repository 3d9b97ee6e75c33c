import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jobTimeLeft } from '../../scripts/runtime.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const job = { CI_JOB_TIMEOUT: '2700', CI_JOB_STARTED_AT: '2026-01-01T11:59:00Z', CI_JOB_STATUS: 'running' };

test.each([
  ['45 minutes, of which one is over', job, 41],
  ['GitLab says no status before the script is over', { ...job, CI_JOB_STATUS: undefined }, 41],
  ['a short one keeps a tenth', { ...job, CI_JOB_TIMEOUT: '600' }, 8],
  ['a clock that is an hour ahead', { ...job, CI_JOB_STARTED_AT: '2026-01-01T10:59:00Z' }, 42],
  ['a clock that is behind', { ...job, CI_JOB_STARTED_AT: '2026-01-01T12:59:00Z' }, 42],
  ['no start is said', { ...job, CI_JOB_STARTED_AT: undefined }, 42],
  ['a start that is over already', { ...job, CI_JOB_TIMEOUT: '30' }, 0],
  ['longer than a timer can be', { ...job, CI_JOB_TIMEOUT: '2592000' }, (2 ** 31 - 1) / 60_000],
])('%s', (_, env, minutes) => {
  expect((jobTimeLeft(env, now)?.ms ?? Number.NaN) / 60_000).toBe(minutes);
});

test.each([
  ['outside a job', {}],
  ['in after_script, which has a time of its own', { ...job, CI_JOB_STATUS: 'failed' }],
  ['what is no number', { ...job, CI_JOB_TIMEOUT: '45m' }],
])('no limit: %s', (_, env) => {
  expect(jobTimeLeft(env, now)).toBeUndefined();
});

test('a command whose job is about to be timed out stops by itself', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const executable = join(import.meta.dirname, '../../scripts/vendhost.ts');
  const gitlab = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const env = {
    PATH: process.env.PATH,
    CI_JOB_TIMEOUT: '4',
    CI_API_V4_URL: `${gitlab}/api/v4`,
    CI_MERGE_REQUEST_IID: '7',
    CI_MERGE_REQUEST_PROJECT_PATH: 'acme/platform',
    VENDHOST_ENVIRONMENTS: 'dev',
    VENDHOST_GITLAB_TOKEN: 'glpat-0123456789',
  };
  const words = [executable, 'mr', 'note'];
  const ended = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(process.execPath, words, { env, cwd: tmpdir() }, (error, _, stderr) =>
      resolve({ code: error?.code, stderr }),
    );
  });
  silent.closeAllConnections();
  silent.close();
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/^error\[JOB_TIME_UP\]: the job's 4 s are nearly over; .*\nhint: retry the job: /m);
});
