import { expect, test } from 'vitest';
import { isSurprising, knownValues, type PlannedValue } from '../../../scripts/host/planned-value.ts';

const planned: Record<string, PlannedValue> = {
  ImageId: 'ami-1',
  ListenerPriority: { claim: 'exact', expected: '7' },
  DatabaseAddress: { stack: 'data', output: 'Address', expected: 'db' },
  DatabasePort: { stack: 'data', output: 'Port' },
};
const learned = (priority: number, outputs: Record<string, string>) => ({
  priorities: new Map([['exact', priority]]),
  outputs: new Map([['data', outputs]]),
});

test('before anything is learned values are what is expected; what nothing is known of is left out', () => {
  expect(knownValues(planned)).toEqual({ ImageId: 'ami-1', ListenerPriority: '7', DatabaseAddress: 'db' });
});

test('what was learned takes the place of what was expected', () => {
  expect(knownValues(planned, learned(8, { Address: 'other', Port: '3306' }))).toEqual({
    ImageId: 'ami-1',
    ListenerPriority: '8',
    DatabaseAddress: 'other',
    DatabasePort: '3306',
  });
});

test.each([
  ['as expected', learned(7, { Address: 'db' }), false],
  ['another priority', learned(8, { Address: 'db' }), true],
  ['another address', learned(7, { Address: 'other' }), true],
  ['a value where none was expected', learned(7, { Address: 'db', Port: '3306' }), true],
])('%s', (_what, given, surprising) => {
  expect(isSurprising(planned, given)).toBe(surprising);
});
