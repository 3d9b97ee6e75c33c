import { expect, test } from 'vitest';
import { duration, poll } from '../../../scripts/aws/poll.ts';
import { Cancelled } from '../../../scripts/errors.ts';

const signal = new AbortController().signal;
const waiting = { what: 'the kettle', everyMs: 1, limitMs: 20 };

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
  const forever = { what: 'the kettle', everyMs: 60_000, limitMs: 600_000, signal: stop.signal, check };
  await expect(poll(forever)).rejects.toBeInstanceOf(Cancelled);
});

test.each([
  [0, '0 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [90_000, '1 min 30 s'],
])('%i ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
