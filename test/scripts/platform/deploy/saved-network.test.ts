import { expect, test } from 'vitest';
import { parameterLines } from '../../../../scripts/platform/deploy/saved-network.ts';

test('only values that a load balancer takes and that differ are named', () => {
  const planned = { VpcId: 'vpc-1', PublicSubnetIds: 'subnet-1,subnet-2' };
  expect(parameterLines('b', planned, planned)).toEqual([]);
  expect(parameterLines('b', planned, { ...planned, VpcId: 'vpc-2' })).toEqual([
    'b: VpcId was planned as vpc-1, is vpc-2',
  ]);
});
