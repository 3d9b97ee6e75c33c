import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ConditionalObjects } from '../../aws/objects.ts';
import type { Aws } from '../../aws/session.ts';
import type { Environment } from '../../config/environment.ts';
import { keys, names, type Place, type TenantLayer } from '../../config/names.ts';
import type { EnvironmentConfig } from '../../config/platform.ts';
import { priorityClaimSchema } from '../../config/stored.ts';
import { readTraffic } from '../../host/destroy/host-traffic.ts';
import { readUnderway } from '../../host/destroy/underway-executions.ts';
import { readKeptData } from '../../host/kept-data.ts';
import { planReleases } from '../../listener/priority-claim.ts';
import { existingBuckets } from '../../platform/destroy/buckets.ts';
import { readHostClaims } from '../../platform/status/read-claims.ts';
import type { Runtime } from '../../runtime.ts';
import { isAbsent, readAnyStack } from '../../stack/stack-state.ts';
import { readUnderwayBuilds } from '../../webhook/underway-builds.ts';
import { readStandingDatabase } from './final-snapshot.ts';
import { listKeys } from './remove-objects.ts';
import { readRetiredImages } from './retire-images.ts';
import type { OwnRule, RetireStanding, StandingObjects } from './retire-plan.ts';

/** An environment that a tenant is retired in. */
export interface Retiring {
  readonly place: Place & { readonly environment: Environment };
  readonly aws: Aws;
  readonly config: EnvironmentConfig;
}

/** Reads what exists of a tenant: every list to its last page, or it throws, so that nothing is decided without one. */
export async function readStanding(
  runtime: Runtime,
  { place, aws, config }: Retiring,
  projects: RetireStanding['projects'],
): Promise<RetireStanding> {
  const { tenant, environment } = place;
  const { account, region } = config;
  const bucket = names.bucket(environment, account, region);
  const buckets = await existingBuckets(aws, [bucket, names.tenantBucket(place, account, region)]);
  const inBucket = buckets.includes(bucket);
  const stacks = await readLayers(aws, place);
  const [entry, builds, executions, database, kept, groups, claims, images, hasRecord] = await Promise.all([
    readEntry(aws, place),
    readUnderwayBuilds(aws, place),
    readUnderway(aws, names.host(place)),
    readStandingDatabase(aws, place),
    readKeptData(aws, place),
    dataGroups(aws, place),
    inBucket ? readClaims(aws, bucket, place) : { hosts: [], priorities: [], objects: [] },
    readRetiredImages(aws, place, stacks.host !== undefined),
    recordIsThere(aws, place),
  ]);
  return {
    ...{ place, stacks, builds, executions, database, groups, projects, hasRecord, ...claims, ...images },
    rules: entry.rules,
    traffic: await readTraffic(runtime, aws, place, entry.groups),
    data: kept.filter(({ what }) => what !== 'database').map(({ what, name }) => ({ what, name })),
    files: buckets.find((each) => each === names.tenantBucket(place, account, region)),
    hosts: claims.hosts.filter(({ tenant: holder }) => holder === tenant).map(({ host }) => host),
  };
}

async function readLayers(aws: Aws, place: Place): Promise<RetireStanding['stacks']> {
  const layers: readonly TenantLayer[] = ['host', 'data', 'entry', 'access'];
  const found = await Promise.all(
    layers.map(async (layer) => [layer, (await readAnyStack(aws, names.tenantStack(place, layer)))?.status] as const),
  );
  return Object.fromEntries(found.filter(([, status]) => status !== undefined));
}

/** The existing rules and target groups of the entry stack, without those that somebody deleted. */
async function readEntry(
  aws: Aws,
  place: Place,
): Promise<{ rules: readonly OwnRule[]; groups: readonly TargetGroup[] }> {
  const owned = await ownedBy(aws, names.tenantStack(place, 'entry'));
  const sdk = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = await aws.elb();
  const of = (type: string) => owned.filter((each) => each.type === `AWS::ElasticLoadBalancingV2::${type}`);
  // One by one: with several, a missing one makes the whole call fail.
  const rules = await Promise.all(
    of('ListenerRule').map(async ({ id }): Promise<OwnRule[]> => {
      const command = new sdk.DescribeRulesCommand({ RuleArns: [id] });
      const { Rules = [] } = await client.send(command).catch(noneOf('RuleNotFoundException', { Rules: [] }));
      return Rules.map(({ RuleArn = '', Conditions = [] }) => ({
        arn: RuleArn,
        hosts: Conditions.flatMap(({ HostHeaderConfig, Values = [] }) => HostHeaderConfig?.Values ?? Values),
      }));
    }),
  );
  const groups = await Promise.all(
    of('TargetGroup').map(async ({ id }): Promise<readonly TargetGroup[]> => {
      const command = new sdk.DescribeTargetGroupsCommand({ TargetGroupArns: [id] });
      const none = noneOf('TargetGroupNotFoundException', { TargetGroups: [] });
      return (await client.send(command).catch(none)).TargetGroups ?? [];
    }),
  );
  return { rules: rules.flat(), groups: groups.flat() };
}

async function ownedBy(aws: Aws, stack: string): Promise<{ type: string; id: string }[]> {
  const { paginateListStackResources } = await import('@aws-sdk/client-cloudformation');
  const found: { type: string; id: string }[] = [];
  try {
    const client = await aws.cloudFormation();
    for await (const page of paginateListStackResources({ client }, { StackName: stack })) {
      for (const { ResourceType: type, PhysicalResourceId: id, ResourceStatus } of page.StackResourceSummaries ?? []) {
        if (type !== undefined && id !== undefined && ResourceStatus !== 'DELETE_COMPLETE') found.push({ type, id });
      }
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return found;
}

async function readClaims(aws: Aws, bucket: string, { tenant, environment }: Place) {
  const claims = new ConditionalObjects(aws, bucket, priorityClaimSchema);
  const listed = await claims.listAll(keys.priorityClaims);
  const listeners = listed.flatMap((key) => {
    const [listener = '', folder, holder] = key.split('/');
    return folder === 'tenants' && holder === tenant ? [listener] : [];
  });
  const priorities = await Promise.all(
    [...new Set(listeners)].map(async (listener) => ({
      listener,
      numbers: await planReleases(aws, { bucket, listenerArn: listener, tenant }),
    })),
  );
  const prefixes: Omit<StandingObjects, 'count'>[] = [
    { of: 'revisions', prefix: keys.revisions(tenant) },
    { of: 'revisions', prefix: keys.artifacts({ tenant, environment }) },
    // Numbers of GitLab's pipelines: those of another project begin anew.
    { of: 'claims', prefix: `${keys.imageRecords(tenant)}host/` },
    { of: 'claims', prefix: keys.bakeLeases(tenant) },
    { of: 'images', prefix: keys.imageRecords(tenant) },
  ];
  const hosts = await readHostClaims(aws, bucket);
  const counts = await Promise.all(
    prefixes.map(async (each) => ({ ...each, count: (await listKeys(aws, bucket, each.prefix)).length })),
  );
  // Of the list of the tenant's hosts: what is given back with a claim goes with it; a run that died may have left more.
  const prefix = `${keys.hostClaims}tenants/${tenant}/`;
  const claimed = new Set(hosts.filter((each) => each.tenant === tenant).map(({ host }) => `${prefix}${host}.json`));
  const unclaimed = (await listKeys(aws, bucket, prefix)).filter((key) => !claimed.has(key));
  const all = [...counts, { of: 'claims' as const, prefix, count: unclaimed.length }];
  return { hosts, priorities, objects: all.filter(({ count }) => count > 0) };
}

/** The database's group outlives the data stack. */
async function dataGroups(aws: Aws, { environment, tenant }: Place): Promise<string[]> {
  const { paginateDescribeSecurityGroups } = await import('@aws-sdk/client-ec2');
  const wanted = { 'vendhost:environment': environment, 'vendhost:tenant': tenant, 'vendhost:layer': 'data' };
  const Filters = Object.entries(wanted).map(([tag, value]) => ({ Name: `tag:${tag}`, Values: [value] }));
  const found: string[] = [];
  for await (const page of paginateDescribeSecurityGroups({ client: await aws.ec2() }, { Filters })) {
    found.push(...(page.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []));
  }
  return found;
}

async function recordIsThere(aws: Aws, place: Place): Promise<boolean> {
  const { GetParameterCommand } = await import('@aws-sdk/client-ssm');
  const look = (await aws.ssm()).send(new GetParameterCommand({ Name: names.tenantRecord(place) }));
  return (await look.catch(noneOf('ParameterNotFound', undefined))) !== undefined;
}

/** Returns this value for an AWS error that says that something does not exist. */
function noneOf<T>(name: string, value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && error.name === name) return value;
    throw error;
  };
}
