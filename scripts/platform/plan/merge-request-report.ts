import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Runtime } from '../../runtime.ts';
import type { StackPlan } from '../../stack/stack-plan.ts';

/** Writes GitLab's report of a plan, if a file is named. */
export async function writeReport({ cwd }: Runtime, file: string | undefined, stacks: readonly StackPlan[]) {
  if (file !== undefined) await writeFile(resolve(cwd, file), `${JSON.stringify(terraformReport(stacks))}\n`);
}

/**
 * GitLab's report that a merge request shows as "x to add, y to change, z to delete"
 * (https://docs.gitlab.com/user/infrastructure/iac/mr_integration/). A replaced resource counts as changed.
 */
export function terraformReport(stacks: readonly StackPlan[]): { create: number; update: number; delete: number } {
  const count = (action: 'create' | 'update' | 'delete') =>
    stacks.reduce((sum, { changes }) => sum + changes.filter((change) => change.action === action).length, 0);
  return { create: count('create'), update: count('update'), delete: count('delete') };
}
