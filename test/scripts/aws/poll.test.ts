import { expect, test } from 'vitest';
import { nextWait, paces, poll } from '../../../scripts/aws/poll.ts';
import { Cancelled } from '../../../scripts/errors.ts';

const signal = new AbortController().signal;
const waiting = { what: 'the kettle', pace: { shortest: 1, longest: 1 }, limitMs: 20 };

test('asks until there is an answer', async () => {
  let asked = 0;
  const check = async () => (++asked === 3 ? 'boils' : undefined);
  expect(await poll({ ...waiting, limitMs: 10_000, signal, check })).toBe('boils');
  expect(asked).toBe(3);
});

test('gives up at the limit and says what it waited for', async () => {
  await expect(poll({ ...waiting, signal, check: async () => undefined })).rejects.toMatchObject({
    code: 'TIMED_OUT',
    message: 'waited 0 s for the kettle',
  });
});

test('ends with the reason of the signal, in the middle of a wait too', async () => {
  const stop = new AbortController();
  const check = async () => {
    setImmediate(() => stop.abort(new Cancelled('SIGTERM')));
    return undefined;
  };
  const forever = {
    what: 'the kettle',
    pace: { shortest: 60_000, longest: 60_000 },
    limitMs: 600_000,
    signal: stop.signal,
    check,
  };
  await expect(poll(forever)).rejects.toBeInstanceOf(Cancelled);
});

test('looks again soon after something happened, then less and less often', () => {
  let last: number = paces.aws.shortest;
  const waits = [false, false, false, false, false, true].map((happened) => {
    last = nextWait(last, happened, paces.aws);
    return last;
  });
  expect(waits).toEqual([1500, 2250, 3375, 5000, 5000, 1000]);
});

test('the waits of a poll grow from the shortest to the longest', async () => {
  const asked: number[] = [];
  const check = async () => (asked.push(performance.now()) === 5 ? 'boils' : undefined);
  await poll({ ...waiting, pace: { shortest: 40, longest: 90 }, limitMs: 10_000, signal, check });
  const waits = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
  // A timer may be a millisecond early, and any time late.
  for (const [index, least] of [40, 60, 90, 90].entries()) expect(waits[index]).toBeGreaterThanOrEqual(least - 2);
});
