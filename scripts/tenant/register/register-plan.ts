import { awsError } from '../../aws/foreseen-errors.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { VendhostError } from '../../errors.ts';
import { readLibrary } from '../../host/key/library.ts';
import { readTenantFiles } from '../../platform/status/tenant-files.ts';
import type { EnvironmentTarget } from '../../platform/targets.ts';
import type { Runtime } from '../../runtime.ts';
import { type HostMove, movingWith } from '../moves/order-vends.ts';
import type { VendPlan } from '../vend-plan.ts';
import { chosenHere, compareRegister, type Register, type RegisterRow, unreadParts } from './compare-register.ts';
import { planOne } from './plan-one.ts';
import { readClaimOwners, readDeployedTenants } from './read-deployed.ts';
import { movesIn, questioned } from './register-moves.ts';

/** A tenant that differs, with what vending it would change. */
export interface PlannedRow extends RegisterRow {
  /** Absent where nothing is vended, and of tenants after the first `mostDetailed`. */
  readonly plan?: VendPlan;
  /** The error that the vend would end with. */
  readonly refusal?: { readonly code: string; readonly message: string; readonly hint: string };
  /** The tenants that are vended together, itself among them, where hosts move between them. */
  readonly together?: readonly string[];
}

/** The register compared with one environment. */
export interface RegisterPlan {
  readonly environment: EnvironmentTarget['environment'];
  readonly rows: readonly PlannedRow[];
  /** Hosts that go from one tenant to another. */
  readonly moves: readonly HostMove[];
  /** What could not be read, in words: tenants known only from that may be missing. */
  readonly unread: readonly string[];
}

export interface RegisterPlanOptions {
  /** Folder with `platform.yml` and `tenants/`. */
  readonly directory: string;
  /** Only this tenant. */
  readonly tenant?: string | undefined;
  /** How many tenants that differ are synthesized, to say what would change. */
  readonly details: number;
}

/** Tenants that are synthesized in a plan of the whole register: seconds each, and a note has only so much room. */
export const mostDetailed = 20;

/**
 * Compares the whole register with what an environment has, by lists that are read once for all tenants; only tenants that differ
 * are synthesized. Only reads.
 */
export async function planRegister(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
  options: RegisterPlanOptions,
): Promise<RegisterPlan> {
  const { environment, config } = target;
  const [files, library, deployed] = await Promise.all([
    readTenantFiles(options.directory),
    readLibrary(),
    readDeployedTenants(runtime, target),
  ]);
  const owners = await readClaimOwners(runtime, target, questioned(target, files ?? [], deployed));
  const register: Register = { environment, config, platform, files: files ?? [], deployed, owners, library };
  const moves = movesIn(register);
  const rows = compareRegister(register).filter(
    ({ tenant }) => options.tenant === undefined || tenant === options.tenant,
  );
  let left = options.details;
  const planned: PlannedRow[] = [];
  for (const row of rows) {
    const isDetailed = (row.state === 'new' || row.state === 'changed') && left > 0;
    if (isDetailed) left -= 1;
    const together = movingWith(row.tenant, moves);
    const moving = together.length === 1 ? row : { ...row, together };
    planned.push(isDetailed ? await detailed(runtime, target, moving, { register, moves }) : moving);
  }
  return { environment, rows: planned, moves, unread: unreadParts(register) };
}

async function detailed(
  runtime: Runtime,
  target: EnvironmentTarget,
  row: PlannedRow,
  { register: { files, platform }, moves }: { register: Register; moves: readonly HostMove[] },
): Promise<PlannedRow> {
  const { tenant: name } = row;
  const tenant = files.find((each) => each.tenant === name)?.config;
  const chosen = tenant && chosenHere(target, tenant);
  if (tenant === undefined || chosen === undefined) return row;
  const coming = moves.flatMap(({ to, host }) => (to === name ? [host] : []));
  try {
    return { ...row, plan: await planOne(runtime, { aws: target.aws, name, tenant, platform, chosen, coming }) };
  } catch (thrown) {
    runtime.signal.throwIfAborted();
    const error = awsError(thrown, runtime.env) ?? thrown;
    if (!(error instanceof VendhostError)) throw thrown;
    const { code, message, hint } = error;
    return { ...row, refusal: { code, message, hint } };
  }
}

/** Whether a vend or a retirement would change anything. */
export function registerDiffers({ rows }: RegisterPlan): boolean {
  return rows.some(({ state }) => state === 'new' || state === 'changed' || state === 'retire');
}

/** Whether anything is not known. */
export function isUnread({ rows, unread }: RegisterPlan): boolean {
  return unread.length > 0 || rows.some(({ state }) => state === 'unknown');
}
