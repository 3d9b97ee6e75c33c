import { expect, test } from 'vitest';
import { judgeReads } from './read-handlers.ts';

const type = 'AWS::CloudTrail::Trail';
const wanted = [
  { type, action: 'CloudTrail:GetTrail' },
  { type, action: 'kms:DescribeKey' },
];
const kms = { permissions: `${type} kms:*`, reason: 'The trail has no key of its own.' };

test('a permission is granted in any case, by any pattern, or there is a reason', () => {
  const used = new Set<typeof kms>();
  expect(judgeReads('the platform', wanted, ['cloudtrail:Get*'], [kms], used)).toEqual([]);
  expect([...used]).toEqual([kms]);
});

test('one that nobody grants is named', () => {
  expect(judgeReads('a tenant', wanted, ['cloudtrail:Get*'], [])).toEqual([
    'drift of AWS::CloudTrail::Trail needs kms:DescribeKey: a tenant may not, and read-handlers.yml says no reason',
  ]);
});
