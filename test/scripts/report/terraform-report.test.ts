import { expect, test } from 'vitest';
import { terraformReport } from '../../../scripts/report/terraform-report.ts';

const change = (action: 'create' | 'update' | 'delete') => ({ logicalId: 'Thing', type: 'AWS::A::B', action });

test('the report counts resources of all stacks by what happens to them', () => {
  const stacks = [
    { stack: 'one', action: 'create' as const, changes: [change('create'), change('create')] },
    { stack: 'two', action: 'update' as const, changes: [change('update'), change('delete'), change('create')] },
    { stack: 'three', action: 'none' as const, changes: [] },
  ];
  expect(terraformReport(stacks)).toEqual({ create: 3, update: 1, delete: 1 });
});
