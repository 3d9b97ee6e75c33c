import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, expect, test, vi } from 'vitest';
import { appendAudit } from '../../../scripts/audit/append.ts';
import { keys } from '../../../scripts/config/names.ts';
import { actorOf } from '../../../scripts/gitlab/ci-context.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { vendhost } from '../command-line.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const place = { tenant: 'shop', environment: 'dev' };
const by = actorOf({ GITLAB_USER_LOGIN: 'ada', CI_JOB_URL: 'https://gitlab.example.test/acme/shop/-/jobs/7' });
/** One page of S3 has a thousand keys. */
const many = 1005;
let platform: Platform;

const entry = (reason: string) => ({
  action: 'host run',
  target: 'i-0a',
  before: "'id'",
  after: 'exit code 0',
  reason,
  by,
});

async function audit(...more: string[]) {
  return await vendhost(['audit', '--tenant', 'shop', '--environment', 'dev', ...more], { env: platform.env });
}

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('203000000001'), {});
  const s3 = await platform.aws.s3();
  // Written first, by a job whose clock is years ahead; all in the same millisecond.
  const at = '2031-01-01T00:00:00.000Z';
  for (let first = 0; first < many; first += 100) {
    const batch = Array.from({ length: Math.min(100, many - first) }, (_, index) => first + index);
    await Promise.all(
      batch.map(async (number) => {
        const Key = keys.auditRecord('shop', `${at}-${number.toString(16).padStart(8, '0')}`);
        const Body = JSON.stringify({ version: 1, at, ...entry(String(number)) });
        await s3.send(new PutObjectCommand({ Bucket: platform.bucket, Key, Body }));
      }),
    );
  }
  // S3 has whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1100));
});

test('what was written last is first, behind any number of pages and whatever clocks say', async () => {
  await appendAudit(platform.runtime(), platform.aws, { place, bucket: platform.bucket }, entry('the newest'));
  const { code, stdout } = await audit('--limit', '2', '--json');
  const { records, older } = JSON.parse(stdout) as { records: { reason: string }[]; older: number };
  expect([code, records[0]?.reason, records.length, older]).toEqual([0, 'the newest', 2, many - 1]);
});

test('a reason of any kind is one row, and steers nothing', async () => {
  const marker = 'section_start:1700000000:approve\r\u001b[0Kapproved';
  const reason = `two\nlines \u001b[2J\u001b]0;title\u0007 ${marker} \u202e ::add-mask::x 🎉 ${'long '.repeat(2000)}`;
  await appendAudit(platform.runtime(), platform.aws, { place, bucket: platform.bucket }, entry(reason));
  const shown = await audit('--limit', '1');
  expect([shown.code, shown.stdout.trim().split('\n').length]).toEqual([0, 3]);
  expect(shown.stdout).toContain('two lines');
  expect(shown.stdout).not.toMatch(/section_start|title|\p{Bidi_Control}|[^\P{Cc}\n]/u);
  const whole = await audit('--limit', '1', '--json');
  expect(JSON.parse(whole.stdout).records[0].reason).toBe(reason);
  expect(whole.stdout).not.toMatch(/\p{Bidi_Control}|[^\P{Cc}\n]/u);
});
