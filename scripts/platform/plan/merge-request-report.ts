import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { terraformReport } from '../../report/terraform-report.ts';
import type { Runtime } from '../../runtime.ts';
import type { StackPlan } from '../../stack/stack-plan.ts';

/** Writes GitLab's report of a plan, if a file is named. */
export async function writeReport({ cwd }: Runtime, file: string | undefined, stacks: readonly StackPlan[]) {
  if (file !== undefined) await writeFile(resolve(cwd, file), `${JSON.stringify(terraformReport(stacks))}\n`);
}
