import type { StackPlan } from '../stack/stack-plan.ts';

/**
 * GitLab's report that a merge request shows as "x to add, y to change, z to delete"
 * (https://docs.gitlab.com/user/infrastructure/iac/mr_integration/). A replaced resource counts as changed.
 */
export function terraformReport(stacks: readonly StackPlan[]): { create: number; update: number; delete: number } {
  const count = (action: 'create' | 'update' | 'delete') =>
    stacks.reduce((sum, { changes }) => sum + changes.filter((change) => change.action === action).length, 0);
  return { create: count('create'), update: count('update'), delete: count('delete') };
}
