import { readPlatformConfig, readTenantConfig } from '../../config/files.ts';
import { exitCodes, VendhostError } from '../../errors.ts';
import { type EnvironmentFault, forEach } from '../../platform/each.ts';
import { type EnvironmentChoice, openReachable } from '../../platform/targets.ts';
import type { Runtime } from '../../runtime.ts';
import { registerLines } from './register-lines.ts';
import { isUnread, mostDetailed, planRegister, type RegisterPlan, registerDiffers } from './register-plan.ts';

export interface PlanTenantsOptions {
  /** Folder with `platform.yml` and `tenants/`. */
  readonly directory: string;
  /** Without it: all of the register. */
  readonly tenant: string | undefined;
  readonly environment: EnvironmentChoice;
}

/**
 * Shows what is to be vended, changed and retired for environments to have what the register says; exit code 2 when anything is. Only
 * reads. Throws `REGISTER_UNREAD`, after it has shown the rest, when something could not be read.
 */
export async function planTenants(
  runtime: Runtime,
  { directory, tenant, environment }: PlanTenantsOptions,
): Promise<number | undefined> {
  const platform = await readPlatformConfig(directory);
  const { targets, unreached } = await openReachable(runtime, platform, environment);
  const plans: RegisterPlan[] = [];
  for (const target of targets) {
    const { done, faults } = await forEach(runtime, [target], (each) =>
      planRegister(runtime, platform, each, { directory, tenant, details: mostDetailed }),
    );
    plans.push(...done, ...faults.map(unknownPlan));
  }
  plans.push(...unreached.map(unknownPlan));
  // A tenant that exists nowhere may be a typing error: its file is what is missing.
  if (tenant !== undefined && plans.every(({ rows }) => rows.length === 0)) await readTenantConfig(directory, tenant);
  const differs = plans.some(registerDiffers);
  const lines = [
    ...plans.flatMap(registerLines),
    'not compared: the settings of the GitLab projects; vending sets them',
  ];
  runtime.out.result({ differs, environments: plans }, lines.join('\n'));
  requireRead(plans);
  return differs ? exitCodes.differs : undefined;
}

/** The plan of an environment that nothing is known of. */
function unknownPlan({ environment, error }: EnvironmentFault): RegisterPlan {
  const why = [`${error.code}: ${error.message}`, ...error.details].join('; ');
  return { environment, rows: [], moves: [], unread: [`unknown: ${why}; ${error.hint}`] };
}

/** Throws `REGISTER_UNREAD`: what is not known never counts as unchanged. */
export function requireRead(plans: readonly RegisterPlan[]): void {
  const unread = plans.filter(isUnread);
  if (unread.length === 0) return;
  throw new VendhostError(
    'REGISTER_UNREAD',
    `not all of the register could be compared in ${unread.map(({ environment }) => environment).join(', ')}`,
    {
      details: unread.flatMap(({ environment, unread: parts, rows }) => [
        ...parts.map((part) => `${environment}: ${part}`),
        ...rows
          .filter(({ state }) => state === 'unknown')
          .map(({ tenant, reasons }) => `${environment}, ${tenant}: ${reasons.join('; ')}`),
      ]),
      hint: 'correct the files and rights that are named above, and run the same command again',
    },
  );
}
