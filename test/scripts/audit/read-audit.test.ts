import { expect, test } from 'vitest';
import { appendAudit } from '../../../scripts/audit/append.ts';
import { readAudit } from '../../../scripts/audit/read-audit.ts';
import { rowOf } from '../../../scripts/audit/show-audit.ts';
import type { AuditRecord } from '../../../scripts/config/stored.ts';
import { actorOf } from '../../../scripts/gitlab/ci-context.ts';
import { memoryBucket } from '../../builders/memory-bucket.ts';
import { recorder } from '../../builders/recorder.ts';

const place = { environment: 'dev', tenant: 'shop' };
const by = actorOf({ GITLAB_USER_LOGIN: 'ada', CI_JOB_URL: 'https://gitlab.example.test/jobs/7' });
const record = (second: number, more: Partial<AuditRecord> = {}): AuditRecord => ({
  version: 1,
  at: `2026-01-02T03:04:${String(second).padStart(2, '0')}.000Z`,
  action: 'host restart',
  target: 'vendhost-dev-shop',
  before: '',
  after: String(second),
  reason: '',
  by,
  ...more,
});

/** A bucket with these records, and objects that are none. */
function bucketWith(
  records: readonly AuditRecord[],
  others: Readonly<Record<string, string>> = {},
  times: Readonly<Record<string, Date>> = {},
) {
  const objects = {
    ...others,
    ...Object.fromEntries(records.map((one) => [`audit/shop/${one.at}-0a.json`, JSON.stringify(one)])),
  };
  const reads: string[] = [];
  const send = async (command: { input: { Key?: string; Prefix?: string }; constructor: { name: string } }) => {
    const { Key = '', Prefix = '' } = command.input;
    if (command.constructor.name === 'ListObjectsV2Command') {
      return {
        Contents: Object.keys(objects)
          .filter((key) => key.startsWith(Prefix))
          .map((key) => ({ Key: key, LastModified: times[key] })),
      };
    }
    reads.push(Key);
    return { Body: { transformToString: async () => objects[Key as keyof typeof objects] }, ETag: '"1"' };
  };
  return { send, reads };
}

async function read(bucket: ReturnType<typeof bucketWith>, limit: number, action?: string) {
  const { aws } = memoryBucket(async () => undefined).writer();
  const client = Object.assign(await aws.s3(), { send: bucket.send });
  return await readAudit({ ...aws, s3: async () => client }, 'bucket', { ...place, limit, action });
}

test('the newest come first, no more of them than asked for, and how many there are besides', async () => {
  const bucket = bucketWith([record(1), record(3), record(2)]);
  const { records, unreadable, older } = await read(bucket, 2);
  expect(records.map(({ after }) => after)).toEqual(['3', '2']);
  expect([unreadable, older]).toEqual([[], 1]);
  expect(bucket.reads).toHaveLength(2);
});

test('records with times of years to come hide none that is written after them', async () => {
  const forged = Array.from({ length: 30 }, (_, index) => ({ ...record(index), at: `2999-01-02T03:04:${index}` }));
  const all = [...forged, record(1)];
  const times = Object.fromEntries(
    all.map(({ at }, index) => [`audit/shop/${at}-0a.json`, new Date(Date.UTC(2026, 0, 2, 3, 0, index))]),
  );
  const { records, older } = await read(bucketWith(all, {}, times), 2);
  expect(records.map(({ at, writtenAt }) => [at, writtenAt])).toEqual([
    [record(1).at, '2026-01-02T03:00:30.000Z'],
    ['2999-01-02T03:04:29', '2026-01-02T03:00:29.000Z'],
  ]);
  expect(older).toBe(29);
  expect(rowOf(records[1] ?? { ...record(0), writtenAt: '' })[0]).toBe('2026-01-02T03:00:29Z');
});

test('of one action, however far back', async () => {
  const runs = [record(1, { action: 'host run' }), ...Array.from({ length: 40 }, (_, index) => record(index + 2))];
  const { records, older } = await read(bucketWith(runs), 1, 'host run');
  expect(records.map(({ after }) => after)).toEqual(['1']);
  expect(older).toBe(0);
});

test('what cannot be read is named, and hides nothing', async () => {
  const odd = { 'audit/shop/2026-01-02T03:04:02.500Z-0b.json': '{"version":1}', 'audit/shopping/x.json': '{}' };
  const { records, unreadable } = await read(bucketWith([record(1), record(2), record(3)], odd), 9);
  expect(records.map(({ after }) => after)).toEqual(['3', '2', '1']);
  expect(unreadable).toEqual([
    {
      key: 'audit/shop/2026-01-02T03:04:02.500Z-0b.json',
      why: expect.stringContaining('is not as Vendhost writes it'),
    },
  ]);
});

test('so many objects that are no records hide no more than as many records would', async () => {
  const odd = Array.from({ length: 90 }, (_, at) => [`audit/shop/2027-01-02T03:04:${at}-0b.json`, '{}'] as const);
  const bucket = bucketWith([record(1)], Object.fromEntries(odd));
  const { records, unreadable, older } = await read(bucket, 20, 'host restart');
  expect([records.length, unreadable.length, older]).toEqual([0, 20, 71]);
  expect(bucket.reads.length).toBeLessThan(40);
});

test('an action is found by its last word, too', async () => {
  const bucket = bucketWith([record(1), record(2, { action: 'host run' })]);
  expect((await read(bucket, 9, 'restart')).records.map(({ after }) => after)).toEqual(['1']);
  expect((await read(bucket, 9, 'start')).records).toEqual([]);
});

test('what was appended is read', async () => {
  const bucket = memoryBucket(async () => undefined);
  const { aws } = bucket.writer();
  await appendAudit(recorder(), aws, { place, bucket: 'bucket' }, { ...record(1), reason: 'it leaks' });
  expect(Object.values(bucket.objects()).map((text) => JSON.parse(text).reason)).toEqual(['it leaks']);
});

test('a line of the table says who, from which job, and the beginning of long texts', () => {
  const before = `'bash' '-c' '${'x'.repeat(100)}'`;
  const { user, ...elsewhere } = { ...by, job: '' };
  const written = (more: Partial<AuditRecord>) => ({ ...record(7, more), writtenAt: '' });
  expect(rowOf(written({ before, after: 'two\nlines' }))).toEqual([
    '2026-01-02T03:04:07Z',
    'host restart',
    'vendhost-dev-shop',
    'ada https://gitlab.example.test/jobs/7',
    `${before.slice(0, 59)}…`,
    'two lines',
    '',
  ]);
  expect(rowOf(written({ by: { user: 'arn:aws:iam::1:user/ada', ...elsewhere } }))[3]).toBe('arn:aws:iam::1:user/ada');
});
