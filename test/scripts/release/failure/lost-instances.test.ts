import { describe, expect, test } from 'vitest';
import {
  adviceOf,
  instanceGone,
  silenceOf,
  type Wait,
  waitOf,
} from '../../../../scripts/release/failure/lost-instances.ts';
import { deployment, event, pipeline, snapshot } from '../snapshots.ts';

const minute = 60_000;
const known = { reasons: [], failed: [] };
const limits = { AfterInstall: 30, ApplicationStop: 30 };

function silence(event: string | undefined, minutes: number, given = limits as Record<string, number>) {
  const wait = {
    ...known,
    deployment: 'd-1',
    instances: ['i-1', 'i-2'],
    ...(event === undefined ? {} : { event, since: 0 }),
  };
  return silenceOf(wait, minutes * minute, given, minutes * minute);
}

describe('silenceOf', () => {
  test('an agent that has not started gets five minutes', () => {
    expect(silence(undefined, 4.9)).toBeUndefined();
    expect(silence(undefined, 5)).toBe('no CodeDeploy agent has started for 5 min: i-1, i-2');
  });
  test('scripts get their own limit plus two minutes, because the agent ends them itself', () => {
    expect(silence('AfterInstall', 2.4)).toBeUndefined();
    expect(silence('AfterInstall', 2.5)).toBe(
      'AfterInstall has gone on for 2 min 30 s, and its scripts end after 30 s: no CodeDeploy agent reports from i-1, i-2',
    );
  });
  test.each(['Install', 'ApplicationStop', 'BeforeInstall'])('the limit of %s is unknown', (event) => {
    expect(silence(event, 50)).toBeUndefined();
  });
});

test('after five minutes of an event the next step is shown', () => {
  const wait = { ...known, deployment: 'd-1', instances: ['i-1'], event: 'ApplicationStop' };
  expect(adviceOf(wait, 4 * minute)).toBeUndefined();
  expect(adviceOf(wait, 5 * minute)).toContain('`vendhost host replace --instance i-1` ends this wait');
  expect(adviceOf({ ...known, deployment: 'd-1', instances: ['i-1'] }, 50 * minute)).toBeUndefined();
});

describe('waitOf', () => {
  const going = deployment('InProgress', { 'i-1': [event('AllowTraffic', 'InProgress')] });
  const health = { 'i-1': 'GET / on port 8080 answered 500, wanted 200' };

  test('knows why the load balancer does not admit an instance', () => {
    expect(waitOf(snapshot('InProgress', { deployment: going, health }))).toMatchObject({
      ...{ event: 'AllowTraffic', failed: [] },
      reasons: ['i-1: GET / on port 8080 answered 500, wanted 200'],
    });
    const stopping = deployment('InProgress', { 'i-1': [event('ApplicationStop', 'InProgress')] });
    expect(waitOf(snapshot('InProgress', { deployment: stopping, health }))).toMatchObject({ reasons: [] });
  });

  test('keeps the failure before a rollback', () => {
    const failed = deployment('Failed', { 'i-1': [event('ApplicationStart', 'Failed')] });
    const rollback = { ...going, id: 'd-2' };
    expect(waitOf(snapshot('InProgress', { deployment: failed, rollback, health: {} }))).toMatchObject({
      deployment: 'd-2',
      failed: [{ instance: 'i-1', event: { name: 'ApplicationStart' } }],
      reasons: [],
    });
  });
});

describe('instanceGone', () => {
  const wait: Wait = { ...known, deployment: 'd-1', instances: ['i-1'], event: 'AllowTraffic' };
  const gone = (more: Partial<Wait>, departures: readonly string[] = []) =>
    instanceGone(pipeline, { ...wait, ...more }, { words: 'i-1 is terminated', departures });

  test('without a known reason a retry is suggested', () => {
    const { message, details, hint } = gone({});
    expect([message, details]).toEqual([
      'i-1 is terminated: AllowTraffic cannot end there',
      ['deployment d-1 of vendhost-dev-shop'],
    ]);
    expect(hint).toContain('retry the job then');
  });

  const reason = 'i-1: GET / on port 8080: no connection, or no answer that is HTTP';
  const taken = 'an instance was taken out of service in response to';
  test.each<[string, Partial<Wait>, string[]]>([
    ['by the load balancer', { reasons: [reason] }, []],
    ["by Auto Scaling's words", {}, [`i-1: ${taken} an ELB system health check failure.`]],
  ])('one that was unhealthy %s is replaced again: the software must answer', (_whose, more, departures) => {
    const { details, hint } = gone(more, departures);
    expect(details[0]).toBe([...(more.reasons ?? []), ...departures][0]);
    expect(hint).toMatch(/^it did not answer the health check, .* then push$/);
  });

  test('an instance that stopped by itself may be replaced by a better one', () => {
    const cause = `i-1: ${taken} an EC2 health check indicating it has been terminated or stopped.`;
    const { details, hint } = gone({}, [cause]);
    expect(details).toContain(cause);
    expect(hint).toContain('retry the job then');
  });

  test('in a rollback the failure before it comes first', () => {
    const error = { code: 'ScriptTimedOut', script: 'hooks/start', message: 'too slow', logTail: '[stderr]starting\n' };
    const failed = [{ instance: 'i-1', event: event('ApplicationStart', 'Failed', { error }) }];
    const { details, hint } = gone({ deployment: 'd-2', failed, reasons: ['i-1: no connection'] });
    expect(details).toEqual([
      'i-1 ApplicationStart: ScriptTimedOut hooks/start: too slow',
      '  [stderr]starting',
      'i-1: no connection',
      'rollback d-2 of vendhost-dev-shop',
    ]);
    expect(hint).toBe('correct what failed first, as shown above, and push');
  });
});
