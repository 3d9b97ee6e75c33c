import { describe, expect, test } from 'vitest';
import { adviceOf, silenceOf } from '../../../../scripts/release/failure/lost-instances.ts';

const minute = 60_000;
const limits = { AfterInstall: 30, ApplicationStop: 30 };

function silence(event: string | undefined, minutes: number, known = limits as Record<string, number>) {
  const wait = { deployment: 'd-1', instances: ['i-1', 'i-2'], ...(event === undefined ? {} : { event, since: 0 }) };
  return silenceOf(wait, minutes * minute, known, minutes * minute);
}

describe('silenceOf', () => {
  test('an agent that has not begun is given five minutes', () => {
    expect(silence(undefined, 4.9)).toBeUndefined();
    expect(silence(undefined, 5)).toBe('no CodeDeploy agent has started for 5 min: i-1, i-2');
  });
  test('scripts are given their own limit and two minutes, since the agent ends them itself', () => {
    expect(silence('AfterInstall', 2.4)).toBeUndefined();
    expect(silence('AfterInstall', 2.5)).toBe(
      'AfterInstall has gone on for 2 min 30 s, and its scripts end after 30 s: no CodeDeploy agent reports from i-1, i-2',
    );
  });
  test.each(['Install', 'ApplicationStop', 'BeforeInstall'])('the limit of %s is not known', (event) => {
    expect(silence(event, 50)).toBeUndefined();
  });
});

test('what can be done is said when an event goes on for five minutes', () => {
  const wait = { deployment: 'd-1', instances: ['i-1'], event: 'ApplicationStop' };
  expect(adviceOf(wait, 4 * minute)).toBeUndefined();
  expect(adviceOf(wait, 5 * minute)).toContain('`vendhost host replace --instance i-1` ends this wait');
  expect(adviceOf({ deployment: 'd-1', instances: ['i-1'] }, 50 * minute)).toBeUndefined();
});
