import { join } from 'node:path';
import { priorityParameter } from '../../cdk/tenant/host-inputs.ts';
import { platformFacts, readPublishedFacts, readTenantRecord } from '../aws/read-facts.ts';
import { type Aws, openAws } from '../aws/session.ts';
import type { PlatformFacts, TenantRecord } from '../config/facts.ts';
import { readVendhostConfig } from '../config/files.ts';
import { configError } from '../config/load.ts';
import { names, type Place } from '../config/names.ts';
import type { VendhostConfig } from '../config/vendhost.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { pushOf } from '../gitlab/ci-context.ts';
import { groupByBand } from '../listener/priority.ts';
import type { Runtime } from '../runtime.ts';
import { type AppBuilder, withAssembly } from '../stack/assembly.ts';
import { readStack } from '../stack/stack-state.ts';
import { type Applied, applyHost } from './apply-host.ts';
import { checkHosts } from './check-hosts.ts';
import { hostPlanDiffers } from './host-plan.ts';
import { hostPlanLines } from './host-plan-lines.ts';
import type { RulesOf } from './host-rules.ts';
import { readHostState } from './host-state.ts';
import { readLibrary } from './key/library.ts';
import { type DeployedHost, readDeployedHost, reasonsToProvision } from './key/look-up.ts';
import { isKept, provenance, provenanceOf, provisionKey, sameTemplates } from './key/provision-key.ts';
import { limitFaults } from './limits.ts';
import { readHostPlan } from './read-host-plan.ts';

export interface ProvisionOptions extends Place {
  /** Folder with `vendhost.yml`. */
  readonly directory: string;
  /** AMI of the instances; without it they keep the one they have. */
  readonly image: string | undefined;
  readonly dryRun: boolean;
  /** Compare the stacks even when the provision key says that nothing differs. */
  readonly full?: boolean;
}

/**
 * Deploys a tenant's virtual host. A host that is what its provision key says costs a look-up; else it plans what differs from what is deployed, and applies the plan. It claims listener
 * priorities, deploys the data and host stacks, replaces the instances when what they start from changes, and waits until there are
 * enough of them for a release. A dry run prints the plan and changes nothing; its exit code is 2 when something would change.
 */
export async function provisionHost(runtime: Runtime, options: ProvisionOptions): Promise<ExitCode | undefined> {
  const { out } = runtime;
  const place: Place = { tenant: options.tenant, environment: options.environment };
  const config = await readVendhostConfig(options.directory);
  const aws = openAws(runtime);
  const [published, record, deployed, library] = await Promise.all([
    readPublishedFacts(aws, place.environment),
    readTenantRecord(aws, place),
    readDeployedHost(aws, place),
    readLibrary(),
  ]);
  const { hosts, loadBalancer, limits, roles } = record;
  const facts = platformFacts(published, loadBalancer);
  const faults = limitFaults(join(options.directory, 'vendhost.yml'), config, limits);
  if (faults.length > 0) throw configError(faults);

  const wanted = { config, facts, record, library };
  const key = provisionKey({ ...wanted, image: options.image || (deployed.host?.parameters.ImageId ?? '') });
  const reasons = reasonsToProvision(place, key, deployed);
  if (reasons.length === 0 && options.full !== true)
    return reportUnchanged(runtime, { place, config, record, deployed });

  await checkHosts(aws, place, facts.bucket, hosts);
  const rules: RulesOf = { place, facts, hosts, loadBalancer };
  const state = await readHostState(runtime, aws, { ...rules, image: options.image });
  const from = { key: { ...key, image: state.image.id }, commit: pushOf(runtime.env).commit };
  // A template was validated when it was deployed.
  const validation = !sameTemplates(state.parameters.ProvisionKey, from.key);
  const app = await appOf(aws, { place, facts, record, config, validation });
  return await withAssembly(runtime, aws, app, async (assembly) => {
    const plan = await readHostPlan(assembly, place, state);
    const lines = [...reasons, ...hostPlanLines(plan)];
    const provenanceNow = async () =>
      provenance(state.parameters, { ...from, data: await readStack(aws, names.tenantStack(place, 'data')) });
    if (options.dryRun) {
      const changed = hostPlanDiffers(plan) || !isKept(state.parameters, await provenanceNow());
      out.result({ ...resultOf(place, config, plan), changed, reasons, plan }, lines.join('\n'));
      return changed ? exitCodes.differs : undefined;
    }
    out.step(`virtual host of ${place.tenant} in ${place.environment}`);
    for (const line of lines) out.detail(line);
    warnOfKeptData(runtime, config, deployed);
    const applied = await applyHost(assembly, plan, { ...rules, roleArn: roles.execution, provenance: provenanceNow });
    report(runtime, { place, config, plan, applied });
    return undefined;
  });
}

/** Reports a host that is what its key says: its rules, its image and its instances as they are. */
function reportUnchanged(
  runtime: Runtime,
  { place, config, record, deployed }: Pick<Parts, 'place' | 'config' | 'record'> & { deployed: DeployedHost },
): undefined {
  const { host, group } = deployed;
  const parameters = host?.parameters ?? {};
  const priorities = groupByBand(record.hosts).map(({ band: { name: band }, hosts }) => ({
    band,
    hosts,
    priority: Number(parameters[priorityParameter(band)]),
  }));
  const applied: Applied = {
    changed: false,
    inService: group?.inService.length ?? 0,
    priorities: new Map(priorities.map(({ band, priority }) => [band, priority])),
    provenance: provenanceOf(parameters),
  };
  warnOfKeptData(runtime, config, deployed);
  report(runtime, { place, config, plan: { priorities, image: { to: parameters.ImageId ?? '' } }, applied });
}

interface Parts {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly record: TenantRecord;
  readonly config: VendhostConfig;
}

async function appOf(aws: Aws, { validation, ...parts }: Parts & { validation: boolean }): Promise<AppBuilder> {
  const { region } = aws;
  const account = await aws.account();
  const groups = groupByBand(parts.record.hosts).map(({ band, hosts }) => ({ band: band.name, hosts }));
  return async (app) => {
    const { virtualHostApp } = await import('../../cdk/tenant/virtual-host-app.ts');
    return virtualHostApp({ ...parts, account, region, groups }, { ...app, validation });
  };
}

/** What a report says of a plan. */
interface Shown {
  readonly priorities: readonly {
    readonly band: string;
    readonly hosts: readonly string[];
    readonly priority: number;
  }[];
  readonly image: { readonly to: string };
}

function resultOf(
  place: Place,
  config: VendhostConfig,
  { priorities, image }: Shown,
  claimed: Applied['priorities'] = new Map(),
) {
  const [first] = priorities;
  return {
    priority: first === undefined ? undefined : (claimed.get(first.band) ?? first.priority),
    pipeline: names.host(place),
    targetGroup: names.targetGroup(place, config.health_check.port),
    imageId: image.to,
    hosts: priorities.flatMap((rule) => rule.hosts),
  };
}

/** `database: none` deletes nothing: the data stack stays until a person retires it. */
function warnOfKeptData({ out }: Runtime, config: VendhostConfig, { data }: Pick<DeployedHost, 'data'>): void {
  if (config.database !== 'none' || data === undefined) return;
  out.warn('vendhost.yml says `database: none`, but there is a database: it stays, the instances no longer reach it');
}

interface Reported {
  readonly place: Place;
  readonly config: VendhostConfig;
  readonly plan: Shown;
  readonly applied: Applied;
}

function report({ out }: Runtime, { place, config, plan, applied }: Reported): void {
  const { changed, inService, priorities } = applied;
  const { ProvisionKey, ProvisionCommit } = applied.provenance;
  const lines = [
    `virtual host of ${place.tenant} in ${place.environment}: ${changed ? 'provisioned' : 'no change'}`,
    ...plan.priorities.map(
      ({ band, hosts }) => `hosts: ${hosts.join(', ')} (listener priority ${priorities.get(band)})`,
    ),
    `pipeline: ${names.host(place)}`,
    `instances in service: ${inService}`,
    `provisioned from: commit ${ProvisionCommit}, ${ProvisionKey}`,
    'next: vendhost revision push, then vendhost release start',
  ];
  const from = { provisionCommit: ProvisionCommit, provisionKey: ProvisionKey };
  out.result({ ...resultOf(place, config, plan, priorities), changed, inService, ...from }, lines.join('\n'));
}
