import { beforeAll, expect, inject, test } from 'vitest';
import { openAws } from '../../../scripts/aws/session.ts';
import { checkNewest } from '../../../scripts/host/newest-pipeline.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { recorder } from '../../builders/recorder.ts';
import { type Meddler, refusal, wire } from '../wire.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000371'));
});

async function provisions(tenant: string, pipeline: number | undefined, { dryRun = false, project = '7' } = {}) {
  const env = {
    CI_PROJECT_ID: project,
    CI_COMMIT_SHA: `c0ffee${pipeline}`,
    CI_PIPELINE_URL: `https://gitlab.example.test/acme/shop/-/pipelines/${pipeline}`,
    ...(pipeline === undefined ? {} : { CI_PIPELINE_ID: String(pipeline) }),
  };
  const of = { place: { tenant, environment: 'dev' }, bucket: platform.bucket, dryRun };
  return await checkNewest(recorder(env), platform.aws, of).then(
    () => 'goes on',
    (error: { code: string }) => error.code,
  );
}

test('an older pipeline does not undo a newer one; the same one may run again, and so may a person', async () => {
  expect(await provisions('shop', 12)).toBe('goes on');
  expect(await provisions('shop', 9)).toBe('PIPELINE_OUTDATED');
  expect(await provisions('shop', 12)).toBe('goes on');
  expect(await provisions('shop', undefined)).toBe('goes on');
  expect(await provisions('shop', 100)).toBe('goes on');
  expect(await provisions('shop', 12, { dryRun: true })).toBe('PIPELINE_OUTDATED');
  expect(await provisions('blog', 3)).toBe('goes on');
});

test('a dry run leaves no id, and another project starts afresh', async () => {
  expect(await provisions('cafe', 20, { dryRun: true })).toBe('goes on');
  expect(await provisions('cafe', 19)).toBe('goes on');
  expect(await provisions('cafe', 5, { project: '8' })).toBe('goes on');
});

test('of pipelines that provision at the same time the newest wins', async () => {
  const ids = [31, 34, 32, 35, 33];
  const ended = await Promise.all(ids.map((id) => provisions('many', id)));
  expect(ended[ids.indexOf(35)]).toBe('goes on');
  expect(await provisions('many', 34)).toBe('PIPELINE_OUTDATED');
});

test('one that always loses the race gives up, and says so', async () => {
  const quicker: Meddler = async (call, next) =>
    call.operation.startsWith('PUT') ? { ...refusal(call, 'PreconditionFailed'), status: 412 } : await next();
  const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, quicker);
  const aws = openAws(recorder({ ...platform.env, AWS_ENDPOINT_URL }));
  const runtime = recorder({ CI_PROJECT_ID: '7', CI_PIPELINE_ID: '40' });
  const place = { tenant: 'busy', environment: 'dev' } as const;
  await expect(checkNewest(runtime, aws, { place, bucket: platform.bucket, dryRun: false })).rejects.toMatchObject({
    code: 'RECORD_CHANGED',
    message: expect.stringMatching(/^other jobs wrote \S+busy\S+ 5 times/),
  });
});
