import { awsError } from '../../aws/foreseen-errors.ts';
import type { Environment } from '../../config/environment.ts';
import { environmentOf, readPlatformConfig } from '../../config/files.ts';
import { type ExitCode, exitCodes, VendhostError } from '../../errors.ts';
import { openTargets } from '../../platform/targets.ts';
import type { Runtime } from '../../runtime.ts';
import type { HostMove } from '../moves/order-vends.ts';
import { type StepOptions, vendInOrder } from '../moves/vend-steps.ts';
import { vendOne } from '../vend.ts';
import { requireRead } from './plan-tenants.ts';
import { nextCommand, registerLines, registerSummary } from './register-lines.ts';
import { type PlannedRow, planRegister } from './register-plan.ts';

export interface VendChangedOptions {
  /** Folder with `platform.yml` and `tenants/`. */
  readonly directory: string;
  readonly environment: Environment;
  /** Only say what would be vended; exit code 2 when anything would. */
  readonly dryRun: boolean;
}

/** What the vends of all tenants have in common. */
interface VendEach extends Pick<VendChangedOptions, 'directory' | 'environment'> {
  /** `platform.yml` names the library, to whose allowlist projects can be added. */
  readonly hasLibrary: boolean;
  readonly moves: readonly HostMove[];
}

/** How the vend of one tenant ended. */
interface Ended {
  readonly tenant: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

/**
 * Vends every tenant of an environment that differs from the register; one that cannot be vended does not stop the others. The next run
 * resumes a killed one: it finds what is not done. Retires nobody: it names the command for people.
 *
 * In a job of a platform whose jobs do not vend (`vending: people`), it reads with the plan role, names what an administrator runs,
 * and ends with exit code 4. Throws `GITLAB_TOKEN_MISSING`, `REGISTER_UNREAD` and `VEND_FAILED`.
 */
export async function vendChanged(runtime: Runtime, changed: VendChangedOptions): Promise<ExitCode | undefined> {
  const { directory, environment, dryRun } = changed;
  const platform = await readPlatformConfig(directory);
  const isJob = runtime.env.VENDHOST_ID_TOKEN !== undefined;
  const onlyLooks = dryRun || (isJob && environmentOf(platform, environment).vending === 'people');
  const [target] = await openTargets(runtime, platform, environment, { purpose: onlyLooks ? 'plan' : 'vend' });
  if (target === undefined) throw new Error(`no target for ${environment}`);
  const plan = await planRegister(runtime, platform, target, { directory, details: 0 });
  const wanted = plan.rows.filter(({ state }) => state === 'new' || state === 'changed');
  const retire = plan.rows.filter(({ state }) => state === 'retire');
  if (onlyLooks || wanted.length === 0) {
    const waits = wanted.length > 0 || (retire.length > 0 && !dryRun);
    const lines = [...registerLines(plan), ...(onlyLooks && !dryRun ? byPeople(environment, wanted) : [])];
    runtime.out.result({ environment, vended: [], failed: [], plan }, lines.join('\n'));
    requireRead([plan]);
    if (dryRun) return wanted.length + retire.length > 0 ? exitCodes.differs : undefined;
    return waits ? exitCodes.waiting : undefined;
  }
  if (isJob) requireToken(runtime, environment);

  runtime.out.step(`${environment}: ${registerSummary(plan)}`);
  for (const { host, from, to } of plan.moves) runtime.out.step(`${host} moves from ${from} to ${to}`);
  const options = { directory, environment, hasLibrary: platform.library !== undefined, moves: plan.moves };
  const ended = await vendAll(runtime, options, wanted);
  const byHand = ended.filter(({ error }) => error?.code === 'NOT_IN_A_JOB');
  const failed = ended.filter((each) => each.error !== undefined && !byHand.includes(each));
  const vended = ended.filter(({ error }) => error === undefined).map(({ tenant }) => tenant);
  const lines = [
    `${environment}: ${vended.length} of ${wanted.length} vended${vended.length === 0 ? '' : `: ${vended.join(', ')}`}`,
    ...failed.map(({ tenant, error }) => `  ${tenant}: error[${error?.code}]: ${error?.message}`),
    ...byHand.map(({ tenant, error }) => `  ${tenant} is vended by a person: ${error?.hint}`),
    ...toRetireLines(retire),
  ];
  runtime.out.result(
    { environment, vended, failed, byHand: byHand.map(({ tenant }) => tenant), plan },
    lines.join('\n'),
  );
  requireVended(environment, failed);
  requireRead([plan]);
  return retire.length + byHand.length > 0 ? exitCodes.waiting : undefined;
}

/**
 * Vends in the order in which hosts move. A tenant that waits for another's host is tried again at the end: that one may release it in
 * the same run, though a record hid that the host moves.
 */
async function vendAll(runtime: Runtime, options: VendEach, rows: readonly PlannedRow[]): Promise<readonly Ended[]> {
  const vend = (tenant: string, step: StepOptions) => tryToVend(runtime, options, tenant, step);
  const steps = { out: runtime.out, moves: options.moves, vend };
  const tenants = rows.map(({ tenant }) => tenant);
  const all = await vendInOrder(steps, tenants);
  // Of a tenant that was vended twice the second time counts.
  const ended = new Map(all.map((each) => [each.tenant, each]));
  for (const [tenant, { error }] of ended) {
    if (error?.code === 'HOST_TAKEN') ended.set(tenant, await tryToVend(runtime, options, tenant, {}));
  }
  return tenants.flatMap((tenant) => ended.get(tenant) ?? []);
}

async function tryToVend(
  runtime: Runtime,
  { directory, environment, hasLibrary }: VendEach,
  tenant: string,
  step: StepOptions,
): Promise<Ended> {
  try {
    const hasToken = (runtime.env.VENDHOST_GITLAB_TOKEN ?? '') !== '';
    const asked = {
      ...{ directory, tenant, environment, dryRun: false, ...step },
      // Only a token can do these; without one people protect branches and set variables.
      protectBranches: hasToken,
      allowLibrary: hasToken && hasLibrary,
    };
    const { text } = await vendOne(runtime, asked);
    for (const line of text.split('\n')) runtime.out.step(line);
    return { tenant };
  } catch (thrown) {
    runtime.signal.throwIfAborted();
    const error = awsError(thrown, runtime.env) ?? thrown;
    if (!(error instanceof VendhostError)) throw thrown;
    const { code, message, hint, details } = error;
    runtime.out.warn([`${tenant} was not vended: ${code}: ${message}`, ...details, `hint: ${hint}`].join('\n  '));
    return { tenant, error: { code, message, hint } };
  }
}

function requireToken({ env }: Runtime, environment: Environment): void {
  if (env.VENDHOST_GITLAB_TOKEN) return;
  throw new VendhostError(
    'GITLAB_TOKEN_MISSING',
    "the job has no VENDHOST_GITLAB_TOKEN: vending writes variables of the tenants' projects",
    {
      hint: `set it in the platform's project (Settings > CI/CD > Variables): masked, protected, environment scope vendhost-platform/${environment}; docs/tenants.md says which token`,
    },
  );
}

function requireVended(environment: Environment, failed: readonly Ended[]): void {
  if (failed.length === 0) return;
  throw new VendhostError(
    'VEND_FAILED',
    `${failed.length} ${failed.length === 1 ? 'tenant was' : 'tenants were'} not vended in ${environment}: ${failed.map(({ tenant }) => tenant).join(', ')}`,
    {
      details: failed.map(({ tenant, error }) => `${tenant}: error[${error?.code}]: ${error?.message}; ${error?.hint}`),
      hint: 'correct what is named above and run the job again; vended tenants are not changed',
    },
  );
}

function byPeople(environment: Environment, wanted: readonly PlannedRow[]): string[] {
  if (wanted.length === 0) return [];
  return [
    `jobs do not vend in ${environment} (platform.yml: environments.${environment}.vending); an administrator runs:`,
    ...new Set(wanted.map((row) => `  ${nextCommand(row)}`)),
  ];
}

function toRetireLines(retire: readonly PlannedRow[]): string[] {
  if (retire.length === 0) return [];
  return [
    'no job retires a tenant; an administrator runs:',
    ...retire.map(({ tenant, environment }) => `  vendhost tenant retire ${tenant} --environment ${environment}`),
  ];
}
