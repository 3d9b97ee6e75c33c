import { join } from 'node:path';
import { DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { execaNode } from 'execa';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { readPlatformFacts } from '../../../scripts/aws/read-facts.ts';
import { openAws } from '../../../scripts/aws/session.ts';
import { keys } from '../../../scripts/config/names.ts';
import { recorder } from '../../builders/recorder.ts';
import { gate } from './gate.ts';
import { VirtualHost } from './virtual-host.ts';

vi.setConfig({ testTimeout: 300_000 });
const vendhost = join(import.meta.dirname, '../../../scripts/vendhost.ts');

/** Runs the real command in a separate process. */
function releaseProcess(host: VirtualHost, revision: string) {
  const { tenant, environment } = host.place;
  const words = [
    'release',
    'start',
    '--tenant',
    tenant,
    '--environment',
    environment,
    '--revision',
    revision,
    '--json',
  ];
  const child = execaNode(vendhost, words, {
    env: { ...host.env, PATH: process.env.PATH },
    extendEnv: false,
    reject: false,
  });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += String(chunk);
  });
  const printed = async (part: string): Promise<void> => {
    await expect.poll(() => text, { timeout: 120_000, interval: 50 }).toContain(part);
  };
  return { child, printed };
}

/** Progress without what differs from run to run. */
function plain(progress: readonly string[]): string[] {
  return progress.map((line) =>
    line
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'EXECUTION')
      .replaceAll(/d-[A-Z0-9]{9}/g, 'DEPLOYMENT')
      .replaceAll(/i-[0-9a-f]{17}/g, 'INSTANCE')
      .replaceAll(/\d+(\.\d)? s/g, 'N s')
      .replaceAll(/ {2,}/g, '  '),
  );
}

describe('a virtual host with two instances', () => {
  const host = new VirtualHost('650000000001', 'shop');
  let first: string;
  let broken: string;

  beforeAll(async () => {
    await host.make({ instances: 2 });
    first = await host.push('first', { AfterInstall: ['echo installed'], ApplicationStart: ['echo started'] });
    broken = await host.push('broken', {
      AfterInstall: ['echo here is $APPLICATION_NAME >&2', 'echo no such table >&2', 'exit 3'],
    });
  });

  test('a revision is released, and every event of every instance is shown in order', async () => {
    const { code, result, progress } = await host.release(first);
    expect(code).toBeUndefined();
    expect(result).toEqual({
      executionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      deploymentId: expect.stringMatching(/^d-/),
      status: 'succeeded',
      revisionKey: first,
      url: 'https://shop.dev.example.com',
    });
    const events = [
      'ApplicationStop',
      'DownloadBundle',
      'BeforeInstall',
      'Install',
      'AfterInstall',
      'ApplicationStart',
      'ValidateService',
    ];
    const ofOne = events.map((event) => `  INSTANCE  ${event}  succeeded  N s`);
    expect(plain(progress)).toEqual([
      'started the execution EXECUTION of vendhost-dev-shop',
      '  https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/vendhost-dev-shop/view?region=eu-west-1',
      'Source: succeeded, N s',
      'deployment DEPLOYMENT: started',
      ...ofOne,
      ...ofOne,
      'deployment DEPLOYMENT: succeeded on 2 of 2 instances',
      'Deploy: succeeded, N s',
    ]);
  });

  test('the same revision again: nothing is released', async () => {
    const before = await host.executions();
    const { code, result, progress } = await host.release(first);
    expect([code, result?.status, progress]).toEqual([undefined, 'unchanged', []]);
    expect((await host.release(first, { dryRun: true })).code).toBeUndefined();
    expect(await host.executions()).toEqual(before);
  });

  test('a job that was killed before it wrote the record writes it when it is rerun after the release', async () => {
    const aws = openAws(recorder(host.env));
    const { bucket: Bucket } = await readPlatformFacts(aws, host.place.environment);
    const { result } = await host.release(first);
    const record = { Bucket, Key: keys.releaseRecord('shop', String(result?.executionId)) };
    await (await aws.s3()).send(new DeleteObjectCommand(record));
    expect((await host.release(first)).result?.status).toBe('unchanged');
    const { Body } = await (await aws.s3()).send(new GetObjectCommand(record));
    const written = JSON.parse((await Body?.transformToString()) ?? '');
    expect(written).toMatchObject({ executionId: result?.executionId, revision: first });
  });

  test('a hook that fails: instance, event, script and log tail are shown', async () => {
    expect((await host.release(broken, { dryRun: true })).code).toBe(2);
    const { code, error } = await host.release(broken);
    expect([code, error?.code, error?.message]).toEqual([
      1,
      'RELEASE_FAILED',
      'AfterInstall failed on 1 of 2 instances of vendhost-dev-shop',
    ]);
    expect(plain(error?.details ?? [])).toEqual([
      expect.stringMatching(/^INSTANCE AfterInstall: ScriptFailed hooks\/AfterInstall\.sh: .*exit code 3/),
      expect.stringContaining('LifecycleEvent - AfterInstall'),
      expect.stringContaining('Script - hooks/AfterInstall.sh'),
      '  [stderr]here is vendhost-dev-shop',
      '  [stderr]no such table',
    ]);
  });

  test('after a failure the previous revision is released again, because instances may have another', async () => {
    const { code, result } = await host.release(first);
    expect([code, result?.status]).toEqual([undefined, 'succeeded']);
    expect((await host.executions()).slice(0, 3)).toEqual(['Succeeded', 'Failed', 'Succeeded']);
  });

  test('two identical starts at once are one execution', async () => {
    const { wait, open } = await gate();
    const second = await host.push('second', { AfterInstall: [wait] });
    const before = await host.executions();
    // The first does not end before the second has started.
    let following = 0;
    const onProgress = (text: string) => {
      if (!text.includes(' the execution ')) return;
      following += 1;
      if (following === 2) open();
    };
    const both = await Promise.all([host.release(second, { onProgress }), host.release(second, { onProgress })]);
    expect(both.map(({ result }) => result?.status)).toEqual(['succeeded', 'succeeded']);
    expect(new Set(both.map(({ result }) => result?.executionId)).size).toBe(1);
    expect(await host.executions()).toEqual(['Succeeded', ...before]);
  });

  test('an older revision can be released again after a newer one', async () => {
    const before = await host.executions();
    const { result } = await host.release(first);
    expect([result?.status, result?.revisionKey]).toEqual(['succeeded', first]);
    expect(await host.executions()).toEqual(['Succeeded', ...before]);
  });

  test('the retry of a lost job resumes its release and does not repeat it', async () => {
    const { wait, open } = await gate();
    const slow = await host.push('slow', { AfterInstall: [wait] });
    const lost = releaseProcess(host, slow);
    await lost.printed('BeforeInstall');
    lost.child.kill('SIGKILL');
    await lost.child;
    const before = await host.executions();
    const { code, progress } = await host.release(slow, {
      onProgress: (text) => text.includes('BeforeInstall') && open(),
    });
    expect(code).toBeUndefined();
    expect(progress[0]).toMatch(/^following the execution/);
    expect(await host.executions()).toEqual(['Succeeded', ...before.slice(1)]);
  });

  test('a release after one whose job was lost waits for that one, and is what the instances finally have', async () => {
    const { wait, open } = await gate();
    const slow = await host.push('lost and slow', { AfterInstall: [wait] });
    const lost = releaseProcess(host, slow);
    await lost.printed('BeforeInstall');
    lost.child.kill('SIGKILL');
    await lost.child;
    const before = await host.executions();
    const newer = await host.push('newer');
    const { code, result } = await host.release(newer, {
      onProgress: (text) => text.includes('Source: succeeded') && open(),
    });
    expect([code, result?.status]).toEqual([undefined, 'succeeded']);
    expect(await host.executions()).toEqual(['Succeeded', 'Succeeded', ...before.slice(1)]);
    expect((await host.release(newer)).result?.status).toBe('unchanged');
  });

  test('a release that a newer one overtakes ends as superseded, not as failed', async () => {
    const { wait, open } = await gate();
    const keys = [
      await host.push('one', { AfterInstall: [wait] }),
      await host.push('two'),
      await host.push('three'),
    ] as const;
    /** Starts a release; resolves once it has printed this text. */
    const begin = async (key: string, seen: string) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const ended = host.release(key, { onProgress: (text) => text.includes(seen) && resolve() });
      await promise;
      return { ended };
    };
    const deploying = await begin(keys[0], 'BeforeInstall');
    const overtaken = await begin(keys[1], 'Source: succeeded');
    const newest = await begin(keys[2], 'Source: succeeded');
    const { code, result } = await overtaken.ended;
    expect([code, result?.status, result?.deploymentId]).toEqual([3, 'superseded', '']);
    open();
    expect((await Promise.all([deploying.ended, newest.ended])).map((one) => one.code)).toEqual([undefined, undefined]);
  });

  test('a cancelled job leaves nothing running', async () => {
    const { wait } = await gate();
    const endless = await host.push('endless', { BeforeInstall: [wait] });
    const { child, printed } = releaseProcess(host, endless);
    await printed('DownloadBundle');
    child.kill('SIGTERM');
    const { exitCode, stderr, stdout } = await child;
    expect([exitCode, stdout]).toEqual([143, '']);
    expect(stderr).toMatch(/cancelled: stopping the execution .*\n {2}stopping the deployment d-/);
    expect(stderr).toMatch(/stopped: the execution .* has ended/);
    expect(stderr).toMatch(/error\[CANCELLED\]: cancelled by SIGTERM\nhint: .*$/);
    const deploymentId = /deployment (d-\w+)/.exec(stderr)?.[1] ?? '';
    expect((await host.deployments.outcome(deploymentId)).status).toBe('Stopped');
    expect((await host.executions())[0]).toMatch(/^(Stopped|Failed)$/);
  });

  test('a missing revision or host is named, with the next action', async () => {
    const missing = `software/shop/${'0'.repeat(64)}.zip`;
    expect((await host.release(missing)).error).toMatchObject({ code: 'REVISION_MISSING' });
    const stranger = new VirtualHost('650000000004', 'mill');
    expect((await stranger.release(missing.replace('shop', 'mill'))).error).toMatchObject({ code: 'PLATFORM_MISSING' });
  });
});

test('a rollback by CodeDeploy is followed and reported', async () => {
  const host = new VirtualHost('650000000002', 'cafe');
  await host.make({ rollback: true });
  expect((await host.release(await host.push('good'))).code).toBeUndefined();
  const { error, progress } = await host.release(await host.push('bad', { ValidateService: ['exit 1'] }));
  expect(plain(error?.details ?? []).at(-1)).toBe(
    'rollback DEPLOYMENT: succeeded, to the revision that was deployed last',
  );
  expect(plain(progress)).toEqual(
    expect.arrayContaining([
      '  INSTANCE  ValidateService  failed  N s: ScriptFailed hooks/ValidateService.sh',
      expect.stringMatching(/^CodeDeploy rolls back with DEPLOYMENT: /),
      'rollback DEPLOYMENT: started',
      'rollback DEPLOYMENT: succeeded on 1 of 1 instance',
    ]),
  );
  expect(progress.join('\n')).not.toContain('no rollback');
});

describe('a virtual host whose releases are approved', () => {
  const host = new VirtualHost('650000000003', 'bank');
  beforeAll(async () => {
    await host.make({ approval: true });
  });

  test('ends while it waits for the approval, and once approved is followed to its end', async () => {
    const { wait, open } = await gate();
    const key = await host.push('approved', { AfterInstall: [wait] });
    const { code, result, progress } = await host.release(key);
    expect([code, result?.status, progress.at(-1)]).toEqual([4, 'waiting', 'Approve: waiting for approval']);
    await host.answer(result?.executionId ?? '', 'Approved', 'looks good');
    const after = await host.release(key, { onProgress: (text) => text.includes('BeforeInstall') && open() });
    expect([after.code, after.result?.executionId]).toEqual([undefined, result?.executionId]);
    expect(plain(after.progress)).toContainEqual(
      expect.stringMatching(/^Approve: succeeded, N s, by arn:aws:.*: looks good$/),
    );
  });

  test('a rejection fails the retried job and names who and why; a new pipeline asks again', async () => {
    const key = await host.push('rejected');
    const pipelineUrl = 'https://gitlab.example.com/acme/bank/-/pipelines/1';
    const { result } = await host.release(key, { job: { CI_PIPELINE_URL: pipelineUrl } });
    await host.answer(result?.executionId ?? '', 'Rejected', 'not on a Friday');
    for (const _ of ['at once', 'and later']) {
      expect((await host.release(key, { job: { CI_PIPELINE_URL: pipelineUrl } })).error).toMatchObject({
        code: 'RELEASE_REJECTED',
        message: expect.stringMatching(/^the release was not approved by arn:aws:.*: not on a Friday$/),
      });
    }
    const again = await host.release(key, { job: { CI_PIPELINE_URL: pipelineUrl.replace('/1', '/2') } });
    expect(again.code).toBe(4);
    expect(again.result?.executionId).not.toBe(result?.executionId);
    await host.answer(again.result?.executionId ?? '', 'Rejected', 'make room');
  });

  test('a newer release reports that it waits behind an older one, and supersedes others that wait', async () => {
    const keys = [await host.push('one'), await host.push('two'), await host.push('three')] as const;
    const one = await host.release(keys[0]);
    const two = await host.release(keys[1]);
    expect([one.code, two.code, two.result?.status]).toEqual([4, 4, 'waiting']);
    const three = await host.release(keys[2]);
    expect((await host.executions()).slice(0, 3)).toEqual(['InProgress', 'Superseded', 'InProgress']);
    await host.answer(one.result?.executionId ?? '', 'Rejected', 'let three pass');
    await host.answer(three.result?.executionId ?? '', 'Approved', 'last');
    const last = await host.release(keys[2]);
    expect([last.code, last.result?.executionId]).toEqual([undefined, three.result?.executionId]);
  });
});
