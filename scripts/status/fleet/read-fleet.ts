import { atMost } from '../../aws/at-most.ts';
import type { Aws } from '../../aws/session.ts';
import { partOf, partValue, type StatusPart } from '../../aws/status-part.ts';
import { names } from '../../config/names.ts';
import { readImages, type UsedImage } from '../../drift/checks/images/read-images.ts';
import { readRecords } from '../../platform/status/read-ownership.ts';
import type { EnvironmentTarget } from '../../platform/targets.ts';
import { type NewestReleases, readNewestReleases } from '../../release/history/read-newest.ts';
import type { Runtime } from '../../runtime.ts';
import type { FleetSnapshot, FleetStack, FleetTenant } from './fleet-snapshot.ts';
import { readFleetAlarms, readFleetGroups, readFleetStacks } from './read-fleet-lists.ts';

/** AWS has no list of the executions of several pipelines: so many pipelines are asked at the same time. */
const pipelinesAtOnce = 8;

/** Reads an environment's tenants: lists by their pages, and each pipeline that has a host to deploy to. Only reads. */
export async function readFleet(runtime: Runtime, target: EnvironmentTarget): Promise<FleetSnapshot> {
  const { aws, environment } = target;
  const prefix = `vendhost-${environment}-`;
  const [tenants, stacks, groups, alarms] = await Promise.all([
    partOf(runtime, async () => (await readRecords(target)).map(tenantOfRecord)),
    partOf(runtime, () => readFleetStacks(aws, environment)),
    partOf(runtime, () => readFleetGroups(aws, prefix)),
    partOf(runtime, () => readFleetAlarms(aws, prefix)),
  ]);
  const vended = partValue(tenants) ?? [];
  const hostStacks = partValue(stacks);
  // If it is not known who has a host, all pipelines are read.
  const hosting = vended.filter(
    (each) => hostStacks === undefined || hostStackOf(target, each, hostStacks) !== undefined,
  );
  const [images, releases] = await Promise.all([
    'unknown' in stacks ? stacks : partOf(runtime, () => readImages(aws, usedImages(target, hosting, stacks.value))),
    readAllReleases(runtime, target, hosting),
  ]);
  const { account, region } = target.config;
  return { environment, account, region, at: Date.now(), tenants, stacks, groups, alarms, images, releases };
}

function tenantOfRecord({ tenant, content }: Awaited<ReturnType<typeof readRecords>>[number]): FleetTenant {
  return { tenant, hosts: content?.hosts ?? [], pipeline: content?.pipeline };
}

function hostStackOf({ environment }: EnvironmentTarget, { tenant }: FleetTenant, stacks: readonly FleetStack[]) {
  const name = names.tenantStack({ environment, tenant }, 'host');
  return stacks.find((stack) => stack.name === name);
}

function usedImages(
  target: EnvironmentTarget,
  hosting: readonly FleetTenant[],
  stacks: readonly FleetStack[],
): UsedImage[] {
  return hosting.flatMap((each) => {
    const inUse = hostStackOf(target, each, stacks)?.image;
    return inUse === undefined ? [] : [{ place: { environment: target.environment, tenant: each.tenant }, inUse }];
  });
}

async function readAllReleases(
  runtime: Runtime,
  { aws, environment, config: { account, region } }: EnvironmentTarget,
  hosting: readonly FleetTenant[],
): Promise<Readonly<Record<string, StatusPart<NewestReleases>>>> {
  const bucket = names.bucket(environment, account, region);
  const read = await atMost(pipelinesAtOnce, hosting, async ({ tenant, pipeline }) => {
    runtime.signal.throwIfAborted();
    return [tenant, await readOf(runtime, aws, { tenant, bucket, pipeline })] as const;
  });
  return Object.fromEntries(read);
}

async function readOf(
  runtime: Runtime,
  aws: Aws,
  { tenant, bucket, pipeline }: { tenant: string; bucket: string; pipeline: string | undefined },
): Promise<StatusPart<NewestReleases>> {
  if (pipeline === undefined) return { unknown: 'its record names no pipeline: vend the tenant again' };
  return await partOf(runtime, () => readNewestReleases(aws, { tenant, bucket, pipeline }));
}
