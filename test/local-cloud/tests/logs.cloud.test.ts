import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  type InputLogEvent,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { beforeAll, expect, inject, test } from 'vitest';
import { clientConfig } from '../clients.ts';

const logGroupName = 'shop';
const logStreamName = 'i-1';
let logs: CloudWatchLogsClient;

beforeAll(async () => {
  logs = new CloudWatchLogsClient(clientConfig(inject('localCloud').endpoint, '660000000031'));
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
});

const put = (logEvents: InputLogEvent[], names = { logGroupName, logStreamName }) =>
  logs.send(new PutLogEventsCommand({ ...names, logEvents })).then(
    () => 'taken',
    (error: Error) => `${error.name}: ${error.message}`,
  );
const hour = 3_600_000;

test.each([
  ['none', []],
  ['out of order', [{ at: 0 }, { at: -1 }]],
  ['of more than a day', [{ at: -25 * hour }, { at: 0 }]],
  [
    'too large together',
    [
      { at: 0, size: 1_048_000 },
      { at: 0, size: 1000 },
    ],
  ],
  ['too many', Array.from({ length: 10_001 }, () => ({ at: 0 }))],
  ['empty', [{ at: 0, size: 0 }]],
] as const)('a batch of events that are %s is refused', async (_, events: readonly { at: number; size?: number }[]) => {
  const now = Date.now();
  const batch = events.map(({ at, size = 1 }) => ({ timestamp: now + at, message: 'x'.repeat(size) }));
  expect(await put(batch)).toMatch(/^InvalidParameterException: /);
});

test.each([
  { logGroupName: 'other', logStreamName },
  { logGroupName, logStreamName: 'i-2' },
])('a batch needs its stream: $logGroupName/$logStreamName', async (names) => {
  expect(await put([{ timestamp: Date.now(), message: 'x' }], names)).toMatch(/^ResourceNotFoundException: /);
});

test('events are found page by page, in the order of their times; the first page is empty', async () => {
  const names = { logGroupName: 'paged', logStreamName: 'i-1' };
  await logs.send(new CreateLogGroupCommand({ logGroupName: names.logGroupName }));
  const at = Date.now() - hour;
  for (const [logStreamName, offset] of [
    ['i-1', 0],
    ['i-2', 1],
  ] as const) {
    await logs.send(new CreateLogStreamCommand({ ...names, logStreamName }));
    const events = Array.from({ length: 80 }, (_, number) => ({
      timestamp: at + 2 * number + offset,
      message: `${2 * number + offset}`,
    }));
    expect(await put(events, { ...names, logStreamName })).toBe('taken');
  }
  const pages: string[][] = [];
  let nextToken: string | undefined;
  do {
    const page = await logs.send(
      new FilterLogEventsCommand({ logGroupName: names.logGroupName, startTime: at + 10, nextToken }),
    );
    pages.push((page.events ?? []).map(({ message = '' }) => message));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  expect(pages.map((page) => page.length)).toEqual([0, 100, 50]);
  expect(pages.flat()).toEqual(Array.from({ length: 150 }, (_, number) => String(number + 10)));
  const filter = new FilterLogEventsCommand({ logGroupName: 'absent' });
  expect(await logs.send(filter).catch(({ name }: Error) => name)).toBe('ResourceNotFoundException');
});
