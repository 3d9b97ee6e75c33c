import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { budgetTable, overBudget, sizeOf } from './budgets.ts';

test('docs/scale.md has the budgets that are held', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/scale.md'), 'utf8');
  expect(page).toContain(budgetTable([10, 100, 1000]));
});

test('a call for each tenant is over the budget, by a name that nobody thought of too', () => {
  const size = sizeOf(10);
  const counts = { GetParametersByPath: 5, ListStacks: 1, 'list keys': 3 };
  expect(overBudget('tenant plan', size, counts)).toEqual([]);
  expect(overBudget('tenant plan', size, { ...counts, GetObject: 10, DescribeTargetHealth: 10 })).toEqual([
    'GetObject: 10, at most 0',
    'DescribeTargetHealth: 10, at most 4',
  ]);
});
