import { expect, test } from 'vitest';
import { Cancelled, VendhostError } from '../../../scripts/errors.ts';
import { combined, forEach } from '../../../scripts/platform/each.ts';
import { recorder } from '../../builders/recorder.ts';

const subjects = [{ environment: 'dev' }, { environment: 'staging' }, { environment: 'production' }] as const;
const broken = new VendhostError('BROKEN', 'it is broken', { hint: 'fix it', details: ['the left one'] });

test('one failure stops no other; all results and faults come back', async () => {
  const { done, faults } = await forEach(recorder(), subjects, async ({ environment }) => {
    if (environment === 'dev') throw broken;
    return environment;
  });
  expect(done).toEqual(['staging', 'production']);
  expect(faults).toEqual([{ environment: 'dev', error: broken }]);
  expect(combined(faults, 'FAILED', 'cannot')).toBe(broken);
});

test('several faults are one error with every line of each', async () => {
  const { faults } = await forEach(recorder(), subjects.slice(0, 2), () => Promise.reject(broken));
  expect(combined(faults, 'FAILED', 'cannot do it')).toMatchObject({
    code: 'FAILED',
    message: 'cannot do it: dev, staging',
    details: [
      'dev: error[BROKEN]: it is broken',
      '  the left one',
      '  hint: fix it',
      'staging: error[BROKEN]: it is broken',
      '  the left one',
      '  hint: fix it',
    ],
  });
});

test('what nobody foresaw, and a cancel, come out as they are', async () => {
  await expect(forEach(recorder(), subjects, () => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
  const signal = AbortSignal.abort(new Cancelled('SIGINT'));
  const work = forEach(recorder({}, { signal }), subjects, () => Promise.reject(broken));
  await expect(work).rejects.toMatchObject({ code: 'CANCELLED' });
});
