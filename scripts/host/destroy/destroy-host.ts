import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import { appendAudit, readActor } from '../../audit/append.ts';
import { readPlatformFacts, readTenantRecord } from '../../aws/read-facts.ts';
import { type Aws, openAws } from '../../aws/session.ts';
import type { TenantRecord } from '../../config/facts.ts';
import { names, type Place } from '../../config/names.ts';
import { type ExitCode, exitCodes, messageOf, VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { deleteStack } from '../../stack/delete.ts';
import { readAnyStack } from '../../stack/stack-state.ts';
import { findTargetGroup } from '../health/tenant-target-group.ts';
import { checkTraffic, type HostTraffic, readTraffic, trafficLine } from './host-traffic.ts';
import { checkNamed, type Naming } from './tenant-named.ts';
import { readUnderway } from './underway-executions.ts';

export interface DestroyHostOptions extends Place, Naming {
  /** Also a host that gets requests, or whose requests are unknown. */
  readonly withTraffic: boolean;
}

/** What exists, and what stays. */
export interface HostRemains {
  /** State of the host stack; `undefined` when there is none. */
  readonly host: string | undefined;
  readonly hasDatabase: boolean;
  readonly hasFiles: boolean;
  /** Executions of its pipeline that are in progress. */
  readonly executions: readonly string[];
  readonly traffic: HostTraffic;
}

/**
 * Deletes a tenant's host stack in one environment: instances, launch template, CodeDeploy, alarms. What holds data stays, and so does what
 * vending made. Throws `RELEASE_UNDERWAY` while the pipeline works, `HOST_HAS_TRAFFIC` or `TRAFFIC_UNKNOWN` unless the option allows it.
 */
export async function destroyHost(runtime: Runtime, options: DestroyHostOptions): Promise<ExitCode | undefined> {
  const { out } = runtime;
  const { tenant, environment, dryRun, withTraffic } = options;
  const place = { tenant, environment };
  checkNamed(place, options);
  const aws = openAws(runtime);
  const record = await readTenantRecord(aws, place);
  const found = await readRemains(runtime, aws, place, record);
  const kept = keptLines(place, record, found);
  const value = { ...place, host: found.host ?? '', traffic: found.traffic, kept };
  if (found.host === undefined) {
    const nothing = `${tenant} has no virtual host in ${environment}: nothing to destroy`;
    out.result({ ...value, destroyed: false }, [nothing, ...kept].join('\n'));
    return undefined;
  }
  const lines = [
    `${tenant} in ${environment}`,
    `  - stack ${names.tenantStack(place, 'host')}: instances, launch template, CodeDeploy, alarms`,
    `  ${trafficLine(found.traffic)}`,
    ...found.executions.map((id) => `  the execution ${id} of its pipeline is in progress`),
    ...kept.map((line) => `  = ${line}`),
  ];
  if (dryRun) {
    out.result({ ...value, destroyed: false }, lines.join('\n'));
    return exitCodes.differs;
  }
  if (found.executions.length > 0) throw stillReleases(place, found.executions);
  checkTraffic(place, found.traffic, withTraffic);
  for (const line of lines) out.step(line);
  // Naming the tenant answers the question.
  if (options.yesDestroy === undefined) await out.confirm(`destroy the virtual host of ${tenant} in ${environment}?`);
  await deleteStack(runtime, aws, names.tenantStack(place, 'host'));
  await writeDestroyed(runtime, aws, place);
  const end = `${tenant} in ${environment}: the virtual host is destroyed; its hosts answer 503`;
  const next = 'the next pipeline of its branch provisions it again; to remove the tenant: vendhost tenant retire';
  out.result({ ...value, destroyed: true }, [end, ...kept, next].join('\n'));
  return undefined;
}

async function readRemains(runtime: Runtime, aws: Aws, place: Place, record: TenantRecord): Promise<HostRemains> {
  const [host, data, executions, groups] = await Promise.all([
    readAnyStack(aws, names.tenantStack(place, 'host')),
    readAnyStack(aws, names.tenantStack(place, 'data')),
    readUnderway(aws, record.pipeline),
    readGroups(aws, place, record),
  ]);
  return {
    host: host?.status,
    hasDatabase: data !== undefined,
    hasFiles: record.bucket !== undefined,
    executions,
    traffic: await readTraffic(runtime, aws, place, groups),
  };
}

/** Without a target group there is no rule that forwards to one. */
async function readGroups(aws: Aws, place: Place, record: TenantRecord): Promise<readonly TargetGroup[]> {
  const numbers = [record.loadBalancer, ...(record.otherBalancers ?? [])];
  const found = numbers.map((number) => findTargetGroup(aws, names.targetGroup(place, record.port, number)));
  return (await Promise.all(found)).flatMap((group) => group ?? []);
}

/** What stays, and whether it costs something. */
export function keptLines(
  place: Place,
  { bucket }: Pick<TenantRecord, 'bucket'>,
  { hasDatabase }: HostRemains,
): string[] {
  return [
    ...(hasDatabase
      ? [`the database ${names.host(place)} stays, with its secret and logs: it costs as much as before`]
      : []),
    ...(bucket === undefined ? [] : [`the bucket ${bucket} stays: it costs what its files take`]),
    'images and revisions stay, and cost what they take (vendhost image prune, vendhost revision prune)',
    'roles, rules, pipeline, claims and logs stay; they cost next to nothing',
  ];
}

function stillReleases({ tenant, environment }: Place, executions: readonly string[]): VendhostError {
  return new VendhostError(
    'RELEASE_UNDERWAY',
    `a release of ${tenant} in ${environment} is in progress; nothing was changed`,
    {
      details: executions.map((id) => `execution ${id}`),
      hint: 'wait for its end, or cancel its job in GitLab; then run the command again',
    },
  );
}

/** The action is done by then, so a failure to write the record is a warning. */
async function writeDestroyed(runtime: Runtime, aws: Aws, place: Place): Promise<void> {
  try {
    const { bucket } = await readPlatformFacts(aws, place.environment);
    const by = await readActor(aws, runtime);
    const target = `${place.tenant} in ${place.environment}`;
    const entry = { action: 'host destroy', target, before: '', after: '', reason: '', by };
    await appendAudit(runtime, aws, { place, bucket }, entry);
  } catch (thrown) {
    runtime.out.warn(`no record says that the virtual host was destroyed: ${messageOf(thrown)}`);
  }
}
