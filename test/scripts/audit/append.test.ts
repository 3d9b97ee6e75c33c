import { expect, test } from 'vitest';
import { appendAudit, readActor } from '../../../scripts/audit/append.ts';
import type { Aws } from '../../../scripts/aws/session.ts';
import { actorOf } from '../../../scripts/gitlab/ci-context.ts';
import { memoryBucket } from '../../builders/memory-bucket.ts';
import { recorder } from '../../builders/recorder.ts';

const place = { environment: 'dev', tenant: 'shop' };
const secret = 'glpat-0123456789abcdef';
const job = {
  GITLAB_USER_LOGIN: 'ada',
  GITLAB_USER_NAME: 'Ada L.',
  CI_JOB_URL: 'https://gitlab.example.test/acme/shop/-/jobs/7',
  CI_PIPELINE_URL: 'https://gitlab.example.test/acme/shop/-/pipelines/6',
  CI_PROJECT_PATH: 'acme/shop',
  CI_COMMIT_REF_NAME: 'dev',
};
const by = {
  user: 'ada',
  name: 'Ada L.',
  job: job.CI_JOB_URL,
  pipeline: job.CI_PIPELINE_URL,
  project: 'acme/shop',
  ref: 'dev',
};

test('a record says what was done, to what, and by whom; each has a key of its own that begins with its time', async () => {
  const bucket = memoryBucket(async () => undefined);
  const entry = { action: 'host replace', target: 'i-0a', before: 'i-0a', after: 'i-0b', reason: 'sick', by };
  const { aws } = bucket.writer();
  await appendAudit(recorder(), aws, { place, bucket: 'bucket' }, entry);
  await appendAudit(recorder(), aws, { place, bucket: 'bucket' }, entry);
  const written = Object.entries(bucket.objects());
  expect(written).toHaveLength(2);
  for (const [key, text] of written) {
    const { at, ...rest } = JSON.parse(text);
    expect(rest).toEqual({ version: 1, ...entry });
    expect(key).toMatch(/^audit\/shop\/\S+-[0-9a-f]{8}\.json$/);
    expect(key.startsWith(`audit/shop/${at}-`)).toBe(true);
  }
});

test('secrets are masked in it, as in a log', async () => {
  const bucket = memoryBucket(async () => undefined);
  const runtime = recorder();
  runtime.out.redact(secret);
  const entry = { action: 'host run', target: 'i-0a', before: `echo ${secret}`, after: secret, reason: secret, by };
  await appendAudit(runtime, bucket.writer().aws, { place, bucket: 'bucket' }, entry);
  expect(Object.values(bucket.objects()).join()).not.toContain(secret);
});

test('a write whose answer is lost is there once', async () => {
  const bucket = memoryBucket(async () => undefined);
  const { aws } = bucket.writer((call) => (call === 0 ? 'twice' : undefined));
  await appendAudit(
    recorder(),
    aws,
    { place, bucket: 'bucket' },
    { action: 'a', target: '', before: '', after: '', reason: '', by },
  );
  expect(Object.keys(bucket.objects())).toHaveLength(1);
});

test("in a job it was the job's user, elsewhere whose credentials these are", async () => {
  const Arn = 'arn:aws:sts::111111111111:assumed-role/administrator/ada';
  const aws = { sts: async () => ({ send: async () => ({ Arn }) }) } as unknown as Aws;
  expect(await readActor(aws, { env: job })).toEqual(by);
  expect(await readActor(aws, { env: {} })).toEqual({ ...actorOf({}), user: Arn });
});
