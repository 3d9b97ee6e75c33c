import { expect, test } from 'vitest';
import { exitCodes, VendhostError } from '../../../../scripts/errors.ts';
import { type LogsOptions, showLogs } from '../../../../scripts/host/logs/show-logs.ts';
import { record } from '../../../builders/sample.ts';
import { answering } from '../../answering.ts';

const options: LogsOptions = {
  ...{ tenant: 'shop', environment: 'dev', since: '1h' },
  ...{ instance: undefined, hook: undefined, followMinutes: 0 },
};
const parameter = (value: object) => JSON.stringify({ Parameter: { Value: JSON.stringify(value) } });
const event = (id: string, timestamp: number, logStreamName: string, message: string) => ({
  ...{ eventId: id, timestamp, logStreamName },
  message: logStreamName.includes('_') ? message : `[now] [d-1]${message}`,
});
const asked = (body: string) => JSON.parse(body) as { logGroupName: string; startTime: number; nextToken?: string };

test('hooks and software are one list ordered by time; older lines only determine the event', async () => {
  const now = Date.now();
  const groups: Readonly<Record<string, object[]>> = {
    [record.logs?.hooks ?? '']: [
      event('1', now - 4_000_000, 'i-1', 'LifecycleEvent - AfterInstall'),
      event('2', now - 3000, 'i-1', '[stdout]first'),
      event('3', now - 1000, 'i-1', '[stdout]third'),
    ],
    [record.logs?.software ?? '']: [event('4', now - 2000, 'i-2__app.log', 'second')],
  };
  const { runtime } = await answering(({ operation, body }) => {
    if (operation === 'GetParameter') return parameter(record);
    return JSON.stringify({ events: groups[asked(body).logGroupName] });
  });
  await showLogs(runtime, options);
  const found = runtime
    .printed()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(found.map(({ instance, hook, file, text }) => [instance, hook, file, text])).toEqual([
    ['i-1', 'AfterInstall', '', '[stdout]first'],
    ['i-2', '', 'app.log', 'second'],
    ['i-1', 'AfterInstall', '', '[stdout]third'],
  ]);
  expect(found[0].at).toBe(new Date(now - 3000).toISOString());
});

test('new lines are shown once, until the command is cancelled', async () => {
  const stop = new AbortController();
  const now = Date.now();
  let passes = 0;
  const { runtime } = await answering(({ operation, body }) => {
    if (operation === 'GetParameter') return parameter(record);
    if (asked(body).logGroupName !== record.logs?.hooks) return JSON.stringify({ events: [] });
    passes += 1;
    if (passes === 3)
      stop.abort(new VendhostError('CANCELLED', 'enough', { hint: '', exitCode: exitCodes.interrupted }));
    const events = [event('1', now, 'i-1', '[stdout]first'), event('2', now + 1, 'i-1', '[stdout]second')];
    return JSON.stringify({ events: events.slice(0, passes) });
  });
  const local = { ...runtime.env, VENDHOST_LOCAL_CLOUD: '1' };
  const ended = showLogs({ ...runtime, env: local, signal: stop.signal }, { ...options, followMinutes: 60 });
  await expect(ended).rejects.toMatchObject({ code: 'CANCELLED' });
  const texts = runtime
    .printed()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).text);
  expect(texts).toEqual(['[stdout]first', '[stdout]second']);
  expect(runtime.progress().join('\n')).toContain('following the logs of shop in dev for 60 min; Ctrl-C ends it');
});

test('a tenant without log groups has to be vended again', async () => {
  const { logs: _, ...former } = record;
  const { runtime } = await answering(() => parameter(former));
  await expect(showLogs(runtime, options)).rejects.toMatchObject({
    code: 'LOGS_MISSING',
    message: 'shop has no log groups in dev',
  });
});
