import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { withPlanRole } from '../aws/plan-role.ts';
import { openAws } from '../aws/session.ts';
import type { Environment } from '../config/environment.ts';
import { readPlatformConfig } from '../config/files.ts';
import { exitCodes, VendhostError } from '../errors.ts';
import type { EnvironmentFault } from '../platform/each.ts';
import { type EnvironmentChoice, openReachable } from '../platform/targets.ts';
import { reportLines } from '../report/lines.ts';
import { maskedReport } from '../report/masked-report.ts';
import type { ReportSection } from '../report/report.ts';
import type { Runtime } from '../runtime.ts';
import { driftChecks } from './all-checks.ts';
import type { CheckId } from './check-ids.ts';
import { type DriftContext, runChecks, unknownSection } from './checks.ts';
import { keepIssues } from './drift-issues.ts';
import { driftReport, writeReports } from './drift-report.ts';
import { applyIgnores, readIgnores } from './ignore.ts';
import type { IgnoreEntry } from './ignore-file.ts';
import { isLookedAt } from './looked-at.ts';
import { type Shard, shardFrom } from './shard.ts';

export type FailOn = 'drift' | 'unknown' | 'never';

export interface CheckDriftOptions {
  /** Folder with `platform.yml`, or a tenant's checkout. */
  readonly directory: string;
  readonly environment: EnvironmentChoice | undefined;
  readonly tenant: string | undefined;
  readonly failOn: readonly FailOn[];
  /** Default: all. */
  readonly checks: readonly CheckId[] | undefined;
  readonly ignore: string | undefined;
  readonly shard: string | undefined;
  readonly junit: string | undefined;
  readonly page: string | undefined;
}

/**
 * Compares what is deployed with what it should be, and changes nothing. Exit code 2 when something differs. Throws
 * `DRIFT_UNKNOWN` when something could not be checked and nothing differs.
 */
export async function checkDrift(runtime: Runtime, options: CheckDriftOptions): Promise<number | undefined> {
  const entries = await readIgnores(options.directory, options.ignore);
  const { contexts, unreached } = await openContexts(runtime, options, shardFrom(options.shard));
  const { checks } = options;
  const chosen = driftChecks.filter(({ id }) => checks === undefined || checks.some((each) => each === id));
  const now = new Date();
  const found = [...(await runChecks(contexts, chosen)), ...unreached.map(unreachedSection)];
  const { sections, unused } = applyIgnores(found, entries, now.toISOString().slice(0, 10));
  sayUnused(runtime, options, contexts, unused);
  const report = maskedReport(driftReport(sections, runtime, now), (text) => runtime.out.masked(text));
  await writeReports(runtime, report, options);
  await keepIssues(runtime, report, (id) => isLookedAt({ contexts, checks, sections }, id));
  runtime.out.result({ ...report }, reportLines(report).join('\n'));
  const has = (state: ReportSection['state']) => sections.some((section) => section.state === state);
  if (options.failOn.includes('never')) return undefined;
  if (has('found') && options.failOn.includes('drift')) return exitCodes.differs;
  if (has('unknown') && options.failOn.includes('unknown')) throw unknownDrift(sections);
  return undefined;
}

/** A part of the environments, or of their stacks, says nothing about an entry for another part. */
function sayUnused(
  { out }: Runtime,
  { tenant, checks }: CheckDriftOptions,
  contexts: readonly DriftContext[],
  unused: readonly IgnoreEntry[],
): void {
  const isPart = contexts.some(({ shard }) => shard.of > 1);
  if (isPart || tenant !== undefined || checks !== undefined) return;
  for (const { finding, property = '' } of unused) {
    if (!contexts.some(({ environment }) => finding.startsWith(`${environment}/`))) continue;
    out.warn(`the ignore file names ${finding}${property}, and nothing like it was found: delete the entry`);
  }
}

function unknownDrift(sections: readonly ReportSection[]): VendhostError {
  const unknown = sections.filter(({ state }) => state === 'unknown');
  return new VendhostError('DRIFT_UNKNOWN', `${unknown.length} of ${sections.length} could not be checked`, {
    details: unknown.map(({ title, summary }) => `${title}: ${summary}`),
    hint: 'fix what is named above; with --fail-on drift an incomplete check passes',
  });
}

/** In the platform's repository its environments; elsewhere the account that a tenant's job has a role in. */
async function openContexts(
  runtime: Runtime,
  { directory, environment, tenant: named }: CheckDriftOptions,
  shard: Shard,
): Promise<{ contexts: DriftContext[]; unreached: readonly EnvironmentFault[] }> {
  const isPlatform = await stat(join(directory, 'platform.yml')).then(
    () => true,
    () => false,
  );
  if (isPlatform || environment === 'all') {
    const config = await readPlatformConfig(directory);
    if (environment === undefined) throw missing('environment', '--environment or --all');
    const { targets, unreached } = await openReachable(runtime, config, environment);
    const contexts = targets.map((target) => {
      const platform = { directory, config, target };
      return { runtime, environment: target.environment, aws: target.aws, tenant: named, platform, shard };
    });
    return { contexts, unreached };
  }
  const tenant = named ?? runtime.env.VENDHOST_TENANT;
  if (tenant === undefined || tenant === '')
    throw missing('tenant', '--tenant NAME, or run in the platform repository');
  if (environment === undefined) throw missing('environment', '--environment');
  return { contexts: [tenantContext(runtime, environment, tenant, shard)], unreached: [] };
}

/** An account that could not be opened is a section of its own: nothing of its environment was checked. */
function unreachedSection({ environment, error }: EnvironmentFault): ReportSection {
  return unknownSection(environment, { id: 'account', title: 'the account' }, error);
}

function missing(what: string, give: string): VendhostError {
  return new VendhostError('USAGE', `the ${what} is missing`, { hint: `give ${give}` });
}

/** A tenant's job looks with the role of plans, which can change nothing. */
function tenantContext(runtime: Runtime, environment: Environment, tenant: string, shard: Shard): DriftContext {
  const aws = openAws(withPlanRole(runtime, { environment, tenant }));
  return { runtime, environment, aws, tenant, platform: undefined, shard };
}
