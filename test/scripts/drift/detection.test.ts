import { describe, expect, test } from 'vitest';
import { openAws } from '../../../scripts/aws/session.ts';
import { type Detection, detectDrift } from '../../../scripts/drift/stacks/detection.ts';
import type { FoundStack } from '../../../scripts/drift/stacks/find-stacks.ts';
import { recorder } from '../../builders/recorder.ts';
import { xml } from '../answering.ts';
import { refusal, type WireCall, wire } from '../wire.ts';

const found = (name: string, status = 'CREATE_COMPLETE'): FoundStack => ({
  id: name,
  name,
  status,
  tenant: undefined,
  layer: 'host',
  root: undefined,
  parameters: [],
  hasSecrets: false,
  isUnprotected: false,
});
const started = (id: string) => xml('DetectStackDrift', `<StackDriftDetectionId>${id}</StackDriftDetectionId>`);
const status = (name: string) =>
  xml(
    'DescribeStackDriftDetectionStatus',
    `<DetectionStatus>${name}</DetectionStatus><Timestamp>2026-11-26T10:00:00Z</Timestamp>`,
  );
const progress = status('DETECTION_IN_PROGRESS');
const complete = status('DETECTION_COMPLETE');

/** What AWS answers to the calls for each stack, one after the other; the last answer stays. */
type Script = Readonly<Record<string, readonly (string | [code: string, message?: string])[]>>;

async function detect(script: Script, stacks: FoundStack[], limitMs = 20_000, atOnce = 200) {
  const calls: string[] = [];
  const left = new Map(Object.entries(script).map(([name, answers]) => [name, [...answers]]));
  const answer = async (call: WireCall) => {
    const sent = new URLSearchParams(call.body);
    const name = sent.get('StackName') ?? sent.get('StackDriftDetectionId') ?? '';
    calls.push(`${call.operation} ${name}`);
    const answers = left.get(name) ?? [];
    const next = answers.length > 1 ? answers.shift() : answers[0];
    if (typeof next === 'string') return { status: 200, body: next };
    return refusal(call, next?.[0] ?? 'InternalFailure', next?.[1]);
  };
  const env = { AWS_ENDPOINT_URL: await wire(undefined, answer), VENDHOST_LOCAL_CLOUD: '1', AWS_REGION: 'eu-west-1' };
  const runtime = recorder({ ...env, AWS_ACCESS_KEY_ID: '100000000001', AWS_SECRET_ACCESS_KEY: 'a secret key' });
  const ended: Record<string, Detection> = {};
  const then = async ({ name }: FoundStack, detection: Detection) => {
    ended[name] = detection;
  };
  await detectDrift(runtime, openAws(runtime), { stacks, then, limitMs, atOnce });
  return { ended, calls, progress: runtime.progress() };
}

const good: Detection = {
  kind: 'ended',
  isComplete: true,
  reason: undefined,
  startedAt: new Date('2026-11-26T10:00:00Z'),
};

test('all are started before the first is looked at, and each is followed to its end', async () => {
  const script = { a: [started('a'), progress, progress, complete], b: [started('b'), complete] };
  const { ended, calls } = await detect(script, [found('a'), found('b')]);
  expect(ended).toEqual({ a: good, b: good });
  expect(calls.slice(0, 2).sort()).toEqual(['DetectStackDrift a', 'DetectStackDrift b']);
  expect(calls.filter((call) => call === 'DescribeStackDriftDetectionStatus b')).toHaveLength(1);
});

test('no more run at the same time than AWS is asked for at once, and the next begins when one has ended', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const script = Object.fromEntries(names.map((name) => [name, [started(name), progress, complete]]));
  const { ended, calls } = await detect(
    script,
    names.map((name) => found(name)),
    20_000,
    2,
  );
  expect(ended).toEqual(Object.fromEntries(names.map((name) => [name, good])));
  const startOf = (name: string) => calls.indexOf(`DetectStackDrift ${name}`);
  const endOf = (name: string) => calls.lastIndexOf(`DescribeStackDriftDetectionStatus ${name}`);
  for (const [index, name] of names.entries()) {
    const running = names.slice(0, index).filter((other) => endOf(other) > startOf(name));
    expect(running.length).toBeLessThan(2);
  }
});

test('a detection that failed has ended', async () => {
  const { ended } = await detect({ a: [started('a'), status('DETECTION_FAILED')] }, [found('a')]);
  expect(ended.a).toEqual({ ...good, isComplete: false });
});

test('one that somebody else started is waited for; ours begins when it has ended', async () => {
  const running: [string, string] = ['ValidationError', 'Drift detection is already in progress for stack [a]'];
  const {
    ended,
    calls,
    progress: said,
  } = await detect({ a: [running, running, started('a'), complete] }, [found('a')]);
  expect(ended.a).toEqual(good);
  expect(calls.filter((call) => call.startsWith('DetectStackDrift'))).toHaveLength(3);
  expect(said).toEqual(['a: a detection runs already: waiting for its end']);
});

describe('what is refused for one stack', () => {
  test.each([
    [
      'a deleted stack',
      ['ValidationError', 'Stack [a] does not exist'],
      'CloudFormation refuses: Stack [a] does not exist',
    ],
    [
      'a missing right',
      ['AccessDenied', 'User: x is not authorized to perform: cloudformation:DetectStackDrift'],
      'x may not cloudformation:DetectStackDrift',
    ],
    [
      'an answer that nobody foresaw',
      ['Surprise', 'no'],
      'AWS answered CloudFormation DetectStackDrift with an error: 400 Surprise: no',
    ],
  ] as const)('%s says so, and the others are checked', async (_, refused, reason) => {
    const { ended } = await detect({ a: [[...refused]], b: [started('b'), complete] }, [found('a'), found('b')]);
    expect(ended).toEqual({ a: { kind: 'unknown', reason }, b: good });
  });
});

test('waiting has a limit, and says what it waited for', async () => {
  const running: [string, string] = ['ValidationError', 'Drift detection is already in progress for stack [b]'];
  const { ended } = await detect({ a: [started('a'), progress], b: [running] }, [found('a'), found('b')], 700);
  expect(ended).toEqual({
    a: { kind: 'unknown', reason: 'waited 0.7 s for its detection to end' },
    b: { kind: 'unknown', reason: 'waited 0.7 s for its detection to start: another one runs' },
  });
});

test('when AWS throttles beyond the patience of the SDK, it is asked again later', async () => {
  const throttled: [string] = ['Throttling'];
  const answers = [...Array.from({ length: 5 }, () => throttled), started('a'), complete];
  const { ended } = await detect({ a: answers }, [found('a')]);
  expect(ended.a).toEqual(good);
}, 30_000);

test.each([
  ['REVIEW_IN_PROGRESS', /waits for its first change set/],
  ['UPDATE_IN_PROGRESS', /the next check looks at what that leaves/],
  ['UPDATE_ROLLBACK_IN_PROGRESS', /the next check/],
  ['DELETE_IN_PROGRESS', /is being deleted/],
  ['DELETE_FAILED', /some of it is gone/],
  ['ROLLBACK_COMPLETE', /its creation failed/],
  ['ROLLBACK_FAILED', /its creation failed/],
  ['CREATE_FAILED', /its creation failed/],
  ['UPDATE_FAILED', /detects no drift/],
])('a stack that is %s is not asked for', async (name, reason) => {
  const { ended, calls } = await detect({}, [found('a', name)]);
  expect(ended.a).toEqual({ kind: 'unknown', reason: expect.stringMatching(reason) });
  expect(calls).toEqual([]);
});

test.each(['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'UPDATE_ROLLBACK_FAILED'])(
  'a stack that is %s is',
  async (name) => {
    expect((await detect({ a: [started('a'), complete] }, [found('a', name)])).ended.a).toEqual(good);
  },
);
