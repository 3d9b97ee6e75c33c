import { readTenantRecord } from '../../aws/read-facts.ts';
import type { Aws } from '../../aws/session.ts';
import { partOf, partValue, type StatusPart } from '../../aws/status-part.ts';
import type { TenantRecord } from '../../config/facts.ts';
import { names, type Place } from '../../config/names.ts';
import type { HostFacts } from '../../drift/checks/hosts/host-facts.ts';
import { askedByName } from '../../drift/checks/hosts/host-source.ts';
import { readHost } from '../../drift/checks/hosts/read-hosts.ts';
import type { ImageFacts } from '../../drift/checks/images/find-images.ts';
import { readImages } from '../../drift/checks/images/read-images.ts';
import type { ReleaseStore } from '../../release/history/executions.ts';
import { findExecution } from '../../release/history/find-release.ts';
import { readReleases } from '../../release/history/read-releases.ts';
import { type Release, releaseOf } from '../../release/history/release.ts';
import { readPipeline } from '../../release/pipeline.ts';
import { readActions } from '../../release/snapshot.ts';
import type { Runtime } from '../../runtime.ts';
import { type Maintenance, readBegin } from '../maintenance/read-maintenance.ts';
import {
  type HostSnapshot,
  type HostTarget,
  type InstanceDeploy,
  knownReleases,
  type ReleasesLook,
  type StackLook,
} from './host-snapshot.ts';
import { readInstanceDeploys } from './read-deploys.ts';
import { readHostAlarms, readHostDatabase, readHostTargets, readStackLooks } from './read-host-parts.ts';

/** So many of the newest releases are shown. */
const shownReleases = 5;

/** Reads all parts at the same time, each separately. Throws what `readTenantRecord` throws. Only reads. */
export async function readHostSnapshot(runtime: Runtime, aws: Aws, place: Place): Promise<HostSnapshot> {
  const record = await readTenantRecord(aws, place);
  const releases = partOf(runtime, () => readReleasesLook(aws, place, record));
  const host = partOf(runtime, () => readHost(aws, place, askedByName(aws)));
  const stacks = partOf(runtime, () => readStackLooks(aws, place));
  return {
    place: { tenant: place.tenant, environment: place.environment },
    region: aws.region,
    record: {
      hosts: record.hosts,
      pipeline: record.pipeline,
      approval: record.approval,
      ...(record.approvals && { approvals: record.approvals }),
    },
    ...(await together({
      releases,
      host,
      deploys: Promise.all([host, releases]).then(([facts, look]) => readDeploys(runtime, aws, facts, look)),
      targets: partOf(runtime, () => readAllTargets(aws, place, record)),
      alarms: partOf(runtime, () => readHostAlarms(aws, place)),
      image: host.then((facts) => readImage(runtime, aws, facts)),
      database: partOf(runtime, () => readHostDatabase(aws, place)),
      stacks,
      maintenance: stacks.then((looks) => readMaintenancePart(runtime, aws, place, looks)),
    })),
    at: Date.now(),
  };
}

/** The targets of the load balancer that serves the tenant; while it moves, then those of the other ones. */
async function readAllTargets(aws: Aws, place: Place, record: TenantRecord): Promise<HostTarget[]> {
  const { port, loadBalancer: serving, otherBalancers = [] } = record;
  const read = (number: number) => readHostTargets(aws, names.targetGroup(place, port, number));
  if (otherBalancers.length === 0) return await read(serving);
  const numbers = [serving, ...otherBalancers];
  const all = await Promise.all(numbers.map(read));
  return all.flatMap((targets, index) => targets.map((each) => ({ ...each, loadBalancer: numbers[index] as number })));
}

/** The values of promises that are awaited together. */
async function together<T extends object>(promises: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const entries = Object.entries(promises).map(async ([name, promise]) => [name, await promise] as const);
  return Object.fromEntries(await Promise.all(entries)) as T;
}

/** The newest releases, those that are still under way, and the one that the instances have, which may all be older than the newest. */
async function readReleasesLook(
  aws: Aws,
  { tenant, environment }: Place,
  { pipeline: name }: TenantRecord,
): Promise<ReleasesLook> {
  const [pipeline, account] = await Promise.all([readPipeline(aws, name), aws.account()]);
  const store = { tenant, bucket: names.bucket(environment, account, aws.region), pipeline };
  const { releases: newest, underway, current } = await readReleases(aws, store, shownReleases);
  const releases = [...newest, ...underway];
  const shown = releases.find((release) => release.current);
  return { releases, current: shown ?? (current === undefined ? undefined : await readOlder(aws, store, current)) };
}

/** The release that the instances have, where it is not among the newest. */
async function readOlder(aws: Aws, store: ReleaseStore, current: string): Promise<Release | undefined> {
  const execution = await findExecution(aws, store, current);
  return execution && releaseOf(execution, { actions: await readActions(aws, store.pipeline, current), current });
}

/** Those of instances that are there; nothing is known of them where the group is not. */
async function readDeploys(
  runtime: Runtime,
  aws: Aws,
  host: StatusPart<HostFacts | undefined>,
  look: StatusPart<ReleasesLook>,
): Promise<StatusPart<Readonly<Record<string, InstanceDeploy>>>> {
  if ('unknown' in host) return host;
  const { group, place } = host.value ?? {};
  if (group === undefined || place === undefined) return { value: {} };
  const releases = partValue(look);
  const started = group.members.flatMap(({ startedAt }) => startedAt?.getTime() ?? []);
  const wanted = {
    host: names.host(place),
    instances: group.members.map(({ id }) => id),
    since: new Date(Math.min(...started, Date.now())),
    releases: releases === undefined ? [] : knownReleases(releases),
  };
  return await partOf(runtime, () => readInstanceDeploys(aws, wanted));
}

/** Since when and by whom needs a read of the audit, so only during maintenance. */
async function readMaintenancePart(
  runtime: Runtime,
  aws: Aws,
  place: Place,
  looks: StatusPart<readonly StackLook[]>,
): Promise<StatusPart<Maintenance | undefined>> {
  if ('unknown' in looks) return looks;
  const entry = looks.value.find(({ inMaintenance }) => inMaintenance !== undefined);
  if (entry === undefined) return { value: undefined };
  const begun = await partOf(runtime, () => readBegin(aws, place));
  return { value: { ...partValue(begun), ...(entry.inMaintenance === 'switched' ? { isSwitched: true } : {}) } };
}

async function readImage(
  runtime: Runtime,
  aws: Aws,
  host: StatusPart<HostFacts | undefined>,
): Promise<StatusPart<ImageFacts | undefined>> {
  if ('unknown' in host) return host;
  const { starting, place } = host.value ?? {};
  const inUse = starting?.image;
  if (inUse === undefined || place === undefined) return { value: undefined };
  return await partOf(runtime, async () => (await readImages(aws, [{ place, inUse }]))[0]);
}
