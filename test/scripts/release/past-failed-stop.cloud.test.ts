import { beforeAll, expect, test } from 'vitest';
import { errorIn, vendhost } from '../command-line.ts';
import { VirtualHost } from './virtual-host.ts';

const host = new VirtualHost('650000000021', 'stuck');
let next: string;

beforeAll(async () => {
  await host.make({ instances: 2, rollback: true });
  const first = await host.push('first', { ApplicationStop: ['echo cannot stop >&2', 'exit 5'] });
  expect((await host.release(first)).result?.status).toBe('succeeded');
  next = await host.push('next', { ApplicationStop: ['true'], AfterInstall: ['echo installed'] });
});

test('a revision that cannot be stopped: every release fails there, and its rollback on the same script', async () => {
  for (const _ of ['once', 'again']) {
    const { error } = await host.release(next);
    expect(error).toMatchObject({
      code: 'RELEASE_FAILED',
      message: 'ApplicationStop failed on 1 of 2 instances of vendhost-dev-stuck',
    });
    const details = error?.details.join('\n');
    expect(details).toMatch(/^i-\w+ ApplicationStop: ScriptFailed hooks\/ApplicationStop\.sh: .*exit code 5$/m);
    expect(details).toContain('run from the revision that was released before');
    expect(details).toMatch(/ApplicationStop failed too, on the same script hooks\/ApplicationStop\.sh/);
    expect(error?.hint).toContain('with the CI/CD variable VENDHOST_IGNORE_STOP_FAILURES=true');
  }
});

test('on request a release continues past it; other faults of the new revision count, and are named', async () => {
  const broken = await host.push('broken', { ApplicationStop: ['true'], AfterInstall: ['exit 3'] });
  const { error } = await host.release(broken, { ignoreStopFailures: true });
  expect(error?.message).toBe('AfterInstall failed on 1 of 2 instances of vendhost-dev-stuck');
  expect(error?.details[0]).toMatch(/^i-\w+ AfterInstall: ScriptFailed/);
});

test("with the job's variable, a release ends with the new revision on all instances", async () => {
  const words = ['release', 'start', '--tenant', 'stuck', '--environment', 'dev', '--revision', next, '--json'];
  const wrong = await vendhost(words, { cwd: '/', env: { ...host.env, VENDHOST_IGNORE_STOP_FAILURES: 'yes' } });
  expect(errorIn(wrong)).toBe('USAGE');
  const ended = await vendhost(words, { cwd: '/', env: { ...host.env, VENDHOST_IGNORE_STOP_FAILURES: 'true' } });
  expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([0, { status: 'succeeded', revisionKey: next }]);
  expect(ended.stderr).toMatch(/started the deployment d-\w+, past the failures of the former revision's scripts/);
  expect(ended.stderr).toMatch(/deployment d-\w+: succeeded on 2 of 2 instances/);
});

test('after that nothing is left to do, and the next release is a usual one', async () => {
  expect((await host.release(next)).result?.status).toBe('unchanged');
  const later = await host.push('later');
  const { result, progress } = await host.release(later, { ignoreStopFailures: true });
  expect([result?.status, progress.join('\n')]).toEqual([
    'succeeded',
    expect.not.stringContaining('past the failures'),
  ]);
});
