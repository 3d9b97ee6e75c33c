import { expect, test } from 'vitest';
import { outcomeLines, outcomeOf } from '../../../scripts/platform/outcome.ts';
import { parameterLines } from '../../../scripts/platform/planned-network.ts';
import { terraformReport } from '../../../scripts/platform/report.ts';

const change = (action: 'create' | 'update' | 'delete') => ({ logicalId: 'Thing', type: 'AWS::A::B', action });

test('the report counts resources of all stacks by what happens to them', () => {
  const stacks = [
    { stack: 'one', action: 'create' as const, changes: [change('create'), change('create')] },
    { stack: 'two', action: 'update' as const, changes: [change('update'), change('delete'), change('create')] },
    { stack: 'three', action: 'none' as const, changes: [] },
  ];
  expect(terraformReport(stacks)).toEqual({ create: 3, update: 1, delete: 1 });
});

test('what was done to a stack, with its time', () => {
  const created = outcomeOf({ stack: 'vendhost-dev-network', action: 'create' }, { changed: true, seconds: 81 });
  const kept = outcomeOf({ stack: 'vendhost-dev-access', action: 'update' }, { changed: false, seconds: 2 });
  expect([created.outcome, kept.outcome]).toEqual(['created', 'no change']);
  expect(outcomeLines([created, kept])).toEqual([
    'vendhost-dev-network  created    81 s',
    'vendhost-dev-access   no change',
  ]);
});

test('only values that a load balancer takes and that differ are named', () => {
  const planned = { VpcId: 'vpc-1', PublicSubnetIds: 'subnet-1,subnet-2' };
  expect(parameterLines('b', planned, planned)).toEqual([]);
  expect(parameterLines('b', planned, { ...planned, VpcId: 'vpc-2' })).toEqual([
    'b: VpcId was planned as vpc-1, is vpc-2',
  ]);
});
