import { appendAudit, readActor } from '../../audit/append.ts';
import { openEnvironment } from '../../aws/open-environment.ts';
import { openAws } from '../../aws/session.ts';
import { type Environment, environments } from '../../config/environment.ts';
import { environmentOf, listTenants, readPlatformConfig, readTenantConfig } from '../../config/files.ts';
import { names, type Place } from '../../config/names.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import type { TenantConfig } from '../../config/tenant.ts';
import { type ExitCode, exitCodes, messageOf, VendhostError } from '../../errors.ts';
import { openGitlab } from '../../gitlab/api.ts';
import { checkTraffic } from '../../host/destroy/host-traffic.ts';
import { checkNamed, type Naming } from '../../host/destroy/tenant-named.ts';
import { existingBuckets } from '../../platform/destroy/buckets.ts';
import type { Runtime } from '../../runtime.ts';
import { applyRetire } from './apply-retire.ts';
import { lookAtOwnProjects } from './own-projects.ts';
import { type Retiring, readStanding } from './read-retire.ts';
import { retireLines } from './retire-lines.ts';
import { planRetire, type RetirePlan, type RetirePolicy, type RetireStanding } from './retire-plan.ts';

export interface RetireOptions extends Naming, RetirePolicy {
  /** Folder with `platform.yml`; `tenants/` need no longer contain the tenant. */
  readonly directory: string;
  readonly tenant: string;
  /** Without it: every environment the credentials lead into. */
  readonly environment: Environment | undefined;
  /** Also a tenant whose hosts get requests, or whose requests are unknown. */
  readonly withTraffic: boolean;
}

/** An environment with what exists, and what is done about it. */
interface Retirement {
  readonly retiring: Retiring;
  readonly standing: RetireStanding;
  readonly plan: RetirePlan;
}

/**
 * Removes a tenant from its environments, by what exists now; the next run after a kill does the rest, and one more says that
 * nothing is. Throws, before anything is changed, `HOST_HAS_TRAFFIC` or `TRAFFIC_UNKNOWN` unless that is taken; `RETIRE_INCOMPLETE`
 * when something was made again meanwhile.
 */
export async function retireTenant(runtime: Runtime, options: RetireOptions): Promise<ExitCode | undefined> {
  const { out } = runtime;
  const { directory, tenant, dryRun } = options;
  if (runtime.env.VENDHOST_ID_TOKEN !== undefined && !dryRun) throw notInJob(tenant);
  const platform = await readPlatformConfig(directory);
  const file = await readFile(directory, tenant);
  const targets = await openRetiring(runtime, platform, options);
  for (const { place } of targets) checkNamed(place, options);
  const gitlab = openGitlab(runtime, platform.gitlab);
  const leaving = targets.map(({ place }) => place.environment);
  const look = async (retiring: Retiring): Promise<Retirement> => {
    const standing = await readStanding(
      runtime,
      retiring,
      await lookAtOwnProjects(out, retiring, gitlab, { file, leaving }),
    );
    return { retiring, standing, plan: planRetire(standing, options) };
  };
  const found: Retirement[] = [];
  for (const retiring of targets) found.push(await look(retiring));
  const lines = found.flatMap(({ retiring, plan }) => retireLines(retiring.place.environment, plan));
  if (gitlab === undefined)
    out.warn('GitLab is not checked without VENDHOST_GITLAB_TOKEN: variables stay in the project');
  const isSomething = found.some(({ plan }) => plan.steps.length > 0);
  if (dryRun || !isSomething) {
    out.result({ tenant, differs: isSomething, retired: !isSomething, environments: shown(found) }, lines.join('\n'));
    return isSomething ? exitCodes.differs : undefined;
  }
  for (const { standing } of found) checkTraffic(standing.place, standing.traffic, options.withTraffic);
  for (const line of lines) out.step(line);
  // Naming the tenant answers the question.
  if (options.yesDestroy === undefined) await out.confirm(`retire ${tenant}?`);
  for (const { retiring, plan } of found.filter((each) => each.plan.steps.length > 0)) {
    const { environment } = retiring.place;
    await out.section(`retire_${environment}`, `retire ${tenant} in ${environment}`, () =>
      applyRetire(runtime, retiring, gitlab, plan),
    );
    await writeRetired(runtime, retiring);
  }
  // What a job made meanwhile, and what a step that should have removed it did not.
  const left: Retirement[] = [];
  for (const retiring of targets) left.push(await look(retiring));
  checkNothingLeft(tenant, left);
  const end = left.flatMap(({ retiring, plan }) => retireLines(retiring.place.environment, { ...plan, steps: [] }));
  const next = `next: remove tenants/${tenant}.yml from the platform's repository, if it is there, and DNS records outside the wildcard`;
  const value = { tenant, differs: false, retired: true, environments: shown(left) };
  out.result(value, [...end, next].join('\n'));
  return undefined;
}

function notInJob(tenant: string): VendhostError {
  return new VendhostError('NOT_IN_A_JOB', 'a job does not have the rights to retire a tenant', {
    hint: `an administrator runs it by hand: vendhost tenant retire ${tenant}`,
  });
}

/** The environments of `platform.yml` that these credentials reach. Throws `ACCOUNT_WRONG` when there is none. */
async function openRetiring(
  runtime: Runtime,
  platform: PlatformConfig,
  { tenant, environment: asked, dryRun }: RetireOptions,
): Promise<Retiring[]> {
  const all = environments
    .filter((name) => (asked === undefined ? platform.environments[name] !== undefined : name === asked))
    .map((environment) => ({ environment, config: environmentOf(platform, environment) }));
  const account = await openAws(runtime, { region: all[0]?.config.region ?? '' }).account();
  const isJob = runtime.env.VENDHOST_ID_TOKEN !== undefined;
  const reached = all.filter(({ config }) => isJob || config.account === account || config.role !== undefined);
  for (const { environment, config } of all.filter((each) => !reached.includes(each))) {
    runtime.out.step(
      `${environment} is left out: it is in account ${config.account}, the credentials are for ${account}`,
    );
  }
  if (reached.length === 0) {
    throw new VendhostError('ACCOUNT_WRONG', `the credentials are for account ${account}`, {
      details: all.map((each) => `${each.environment} is in account ${each.config.account}`),
      hint: 'use credentials of one of these accounts, or name roles of them in platform.yml: environments.*.role',
    });
  }
  return await Promise.all(
    reached.map(async ({ environment, config }) => ({
      place: { environment, tenant },
      config,
      aws: await openEnvironment(runtime, environment, config, dryRun ? 'plan' : 'deploy'),
    })),
  );
}

/** The tenant's file, if it still exists and can be read. */
async function readFile(directory: string, tenant: string): Promise<TenantConfig | undefined> {
  const all: readonly string[] = await listTenants(directory).catch(() => []);
  return all.includes(tenant) ? await readTenantConfig(directory, tenant).catch(() => undefined) : undefined;
}

function shown(all: readonly Retirement[]) {
  return all.map(({ retiring: { place }, standing: { traffic }, plan: { steps, kept } }) => ({
    environment: place.environment,
    traffic,
    steps,
    kept,
  }));
}

function checkNothingLeft(tenant: string, left: readonly Retirement[]): void {
  const again = left.flatMap(({ retiring, plan: { steps } }) =>
    steps.length === 0 ? [] : retireLines(retiring.place.environment, { steps, kept: [] }),
  );
  if (again.length === 0) return;
  throw new VendhostError('RETIRE_INCOMPLETE', `something of ${tenant} is there again`, {
    details: again,
    hint: 'a job of its project, or a person, made it meanwhile: end that, then run the command again',
  });
}

/** The records of what was done to a tenant outlive it. The retirement is done by then, so a failure to write this one is a warning. */
async function writeRetired(runtime: Runtime, { place, aws, config }: Retiring): Promise<void> {
  const bucket = names.bucket(place.environment, config.account, config.region);
  try {
    if ((await existingBuckets(aws, [bucket])).length === 0) return;
    const by = await readActor(aws, runtime);
    const entry = { action: 'tenant retire', target: target(place), before: '', after: '', reason: '', by };
    await appendAudit(runtime, aws, { place, bucket }, entry);
  } catch (thrown) {
    runtime.out.warn(`no record says that the tenant was retired: ${messageOf(thrown)}`);
  }
}

function target({ tenant, environment }: Place): string {
  return `${tenant} in ${environment}`;
}
