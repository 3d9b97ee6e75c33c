import { expect, test } from 'vitest';
import { showLogs } from '../../../../scripts/host/logs/show-logs.ts';
import { recorder } from '../../../builders/recorder.ts';
import { tenantRecord } from '../../../builders/sample.ts';
import { refusal, wire } from '../../wire.ts';

const place = { tenant: 'shop', environment: 'dev' };
const options = { ...place, since: '1h', instance: undefined, hook: undefined };

/** CloudWatch with one line for each reading so far, that refuses the calls of these numbers. */
async function logs(refused: (call: number) => string | undefined) {
  const began = Date.now();
  let calls = 0;
  const AWS_ENDPOINT_URL = await wire(undefined, async (call) => {
    if (call.operation !== 'FilterLogEvents') {
      const record = { ...tenantRecord(place, '100000000001'), logs: { hooks: 'hooks', software: 'software' } };
      return { status: 200, body: JSON.stringify({ Parameter: { Value: JSON.stringify(record) } }) };
    }
    calls += 1;
    const code = refused(calls);
    if (code !== undefined) return { ...refusal(call, code), status: code === 'InternalFailure' ? 500 : 400 };
    const { logGroupName, startTime } = JSON.parse(call.body) as { logGroupName: string; startTime: number };
    const events = Array.from({ length: calls }, (_, index) => ({
      ...{
        eventId: `e${index}`,
        timestamp: began - 1000 + index,
        logStreamName: 'i-01234567_a.log',
        message: `${index}`,
      },
    })).filter(({ timestamp }) => timestamp >= startTime);
    return { status: 200, body: JSON.stringify({ events: logGroupName === 'software' ? events : [] }) };
  });
  const env = { AWS_ENDPOINT_URL, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: '1', AWS_SECRET_ACCESS_KEY: '2' };
  const lines: string[] = [];
  const runtime = recorder({ ...env, VENDHOST_LOCAL_CLOUD: '1' });
  runtime.out.line = (_value, text) => void lines.push(text.split(' ').at(-1) ?? '');
  return { runtime, lines };
}

test('following continues through temporary refusals of AWS: each line is shown, and none twice', async () => {
  // The SDK tries five times.
  const { runtime, lines } = await logs((call) => (call > 4 && call <= 14 ? 'InternalFailure' : undefined));
  await showLogs(runtime, { ...options, followMinutes: 0.15 });
  expect(lines.length).toBeGreaterThan(12);
  expect(lines).toEqual(lines.map((_, index) => String(index)));
  expect(runtime.progress().join('\n')).toContain(
    'warning: lines come later: AWS failed at CloudWatchLogs FilterLogEvents',
  );
}, 60_000);

test('a permanent refusal ends it, and so does a refused first read', async () => {
  const denied = await logs((call) => (call > 2 ? 'AccessDeniedException' : undefined));
  await expect(showLogs(denied.runtime, { ...options, followMinutes: 1 })).rejects.toThrow('AccessDeniedException');
  const first = await logs(() => 'AccessDeniedException');
  await expect(showLogs(first.runtime, { ...options, followMinutes: 1 })).rejects.toThrow('AccessDeniedException');
});
