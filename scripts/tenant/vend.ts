import { exitCodes } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { refuse } from './project-plan.ts';
import { carryOutVend } from './vending/carry-out.ts';
import { openVend } from './vending/open-vend.ts';
import { showVend } from './vending/show-vend.ts';
import type { Vended, VendOptions } from './vending/vend-options.ts';

/** Gives a tenant its hosts, roles, rules, pipeline, record and GitLab variables, or shows what would change (exit code 2). */
export async function vendTenant(runtime: Runtime, options: VendOptions): Promise<number | undefined> {
  const { value, text, stops, differs: changes } = await vendOne(runtime, options);
  runtime.out.result(value, text);
  // What prevents it is in the plan, and is thrown after it.
  if (options.dryRun) refuse(stops);
  return changes ? exitCodes.differs : undefined;
}

/** Like `vendTenant`, for callers that print the result. */
export async function vendOne(runtime: Runtime, options: VendOptions): Promise<Vended> {
  const opened = await openVend(runtime, options);
  return options.dryRun ? await showVend(options.tenant, opened) : await carryOutVend(runtime, options, opened);
}
