import { join } from 'node:path';
import { platformFacts, readPublishedFacts, readTenantRecord } from '../aws/read-facts.ts';
import { type Aws, openAws } from '../aws/session.ts';
import type { PlatformFacts, TenantRecord } from '../config/facts.ts';
import { readVendhostConfig } from '../config/files.ts';
import { configError } from '../config/load.ts';
import { names, type Place } from '../config/names.ts';
import type { VendhostConfig } from '../config/vendhost.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { groupByBand } from '../listener/priority.ts';
import type { Runtime } from '../runtime.ts';
import { type AppBuilder, withAssembly } from '../stack/assembly.ts';
import { planLines, planStacks } from '../stack/stack-plan.ts';
import { applyHost } from './apply-host.ts';
import { checkHosts } from './check-hosts.ts';
import { checkDataPlan, type HostState, hostParameters } from './host-plan.ts';
import { releaseOldRules } from './host-rules.ts';
import { readHostState } from './host-state.ts';
import { limitFaults } from './limits.ts';

export interface ProvisionOptions extends Place {
  /** Folder with `vendhost.yml`. */
  readonly directory: string;
  /** AMI of the instances; without it they keep the one they have. */
  readonly image: string | undefined;
  readonly dryRun: boolean;
}

/**
 * Deploys a tenant's virtual host: claims its listener priorities, deploys its data and host stacks, replaces its
 * instances when what they start from changed, and waits until there are enough for a release. What is as it should be
 * stays untouched. A dry run changes nothing and answers with exit code 2 when something would be changed.
 */
export async function provisionHost(runtime: Runtime, options: ProvisionOptions): Promise<ExitCode | undefined> {
  const { out } = runtime;
  const place: Place = { tenant: options.tenant, environment: options.environment };
  const config = await readVendhostConfig(options.directory);
  const aws = openAws(runtime);
  const [published, record] = await Promise.all([
    readPublishedFacts(aws, place.environment),
    readTenantRecord(aws, place),
  ]);
  const facts = platformFacts(published, record.loadBalancer);
  const faults = limitFaults(join(options.directory, 'vendhost.yml'), config, record.limits);
  if (faults.length > 0) throw configError(faults);
  await checkHosts(aws, place, facts.bucket, record.hosts);

  const { hosts, loadBalancer } = record;
  const { image, dryRun } = options;
  const world = await readHostState(runtime, aws, { place, facts, hosts, loadBalancer, image, dryRun });
  return await withAssembly(runtime, aws, await appOf(aws, { place, facts, record, config }), async (assembly) => {
    const parameters = hostParameters(world, config.database !== 'none');
    const plans = await planStacks(assembly, { parameters: { [names.tenantStack(place, 'host')]: parameters } });
    checkDataPlan(plans.find(({ stack }) => stack === names.tenantStack(place, 'data')));
    const lines = [...worldLines(world), ...planLines(plans)];
    const result = resultOf(place, config, world);
    if (dryRun) {
      const differs = world.waiting !== undefined || plans.some(({ action }) => action !== 'none');
      out.result({ ...result, changed: differs, stacks: plans }, lines.join('\n'));
      return differs ? exitCodes.differs : undefined;
    }
    out.step(`virtual host of ${place.tenant} in ${place.environment}`);
    for (const line of lines) out.detail(line);
    warnOfKeptData(runtime, config, world);
    const { changed, inService } = await applyHost(assembly, { place, facts, record, world, plans });
    const released = await releaseOldRules(aws, { place, facts, hosts, loadBalancer });
    if (released.length > 0) out.step(`gave back the listener priorities ${released.join(', ')}`);
    out.result({ ...result, changed, inService }, summary(place, world, { changed, inService }));
    return undefined;
  });
}

interface Parts {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly record: TenantRecord;
  readonly config: VendhostConfig;
}

async function appOf(aws: Aws, parts: Parts): Promise<AppBuilder> {
  const { region } = aws;
  const account = await aws.account();
  const groups = groupByBand(parts.record.hosts).map(({ band, hosts }) => ({ band: band.name, hosts }));
  return async (app) => {
    const { virtualHostApp } = await import('../../cdk/tenant/virtual-host-app.ts');
    return virtualHostApp({ ...parts, account, region, groups }, app);
  };
}

function resultOf(place: Place, config: VendhostConfig, { rules, image }: HostState) {
  return {
    priority: rules[0]?.priority,
    pipeline: names.host(place),
    targetGroup: names.targetGroup(place, config.health_check.port),
    imageId: image.id,
    hosts: rules.flatMap((rule) => rule.hosts),
  };
}

function worldLines({ rules, image, group, waiting }: HostState): string[] {
  return [
    `image ${image.id}`,
    ...(waiting === undefined ? [] : [`instances are of version ${group?.version}, the newest is ${waiting}`]),
    ...rules.map(
      ({ hosts, priority, kept }) => `priority ${priority} (${kept ? 'kept' : 'new'}) for ${hosts.join(', ')}`,
    ),
  ];
}

/** `database: none` deletes nothing: the data stack stays until a person retires it. */
function warnOfKeptData({ out }: Runtime, config: VendhostConfig, { data }: HostState): void {
  if (config.database !== 'none' || Object.keys(data).length === 0) return;
  out.warn('vendhost.yml says `database: none`, but there is a database: it stays, the instances no longer reach it');
}

function summary(place: Place, { rules }: HostState, done: { changed: boolean; inService: number }): string {
  return [
    `virtual host of ${place.tenant} in ${place.environment}: ${done.changed ? 'provisioned' : 'no change'}`,
    ...rules.map(({ hosts, priority }) => `hosts: ${hosts.join(', ')} (listener priority ${priority})`),
    `pipeline: ${names.host(place)}`,
    `instances in service: ${done.inService}`,
    'next: vendhost revision push, then vendhost release start',
  ].join('\n');
}
