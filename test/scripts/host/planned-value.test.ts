import { expect, test } from 'vitest';
import { isSurprising, knownValues, type PlannedValue } from '../../../scripts/host/planned-value.ts';

const planned: Record<string, PlannedValue> = {
  ImageId: 'ami-1',
  DatabaseAddress: { stack: 'data', output: 'Address', expected: 'db' },
  DatabasePort: { stack: 'data', output: 'Port' },
};
const learned = (outputs: Record<string, string>) => ({ outputs: new Map([['data', outputs]]) });

test('before anything is known the expected values are used; unknown ones are left out', () => {
  expect(knownValues(planned)).toEqual({ ImageId: 'ami-1', DatabaseAddress: 'db' });
});

test('known values replace expected ones', () => {
  expect(knownValues(planned, learned({ Address: 'other', Port: '3306' }))).toEqual({
    ImageId: 'ami-1',
    DatabaseAddress: 'other',
    DatabasePort: '3306',
  });
});

test.each([
  ['as expected', learned({ Address: 'db' }), false],
  ['another address', learned({ Address: 'other' }), true],
  ['a value where none was expected', learned({ Address: 'db', Port: '3306' }), true],
])('%s', (_what, given, surprising) => {
  expect(isSurprising(planned, given)).toBe(surprising);
});
