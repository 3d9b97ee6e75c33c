import { join } from 'node:path';
import { type Aws, openAws } from '../aws/session.ts';
import type { TenantRecord } from '../config/facts.ts';
import { readVendhostConfig } from '../config/files.ts';
import { configError } from '../config/load.ts';
import { names, type Place } from '../config/names.ts';
import { applyChanges, minInstances, type VendhostConfig } from '../config/vendhost.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { pushOf } from '../gitlab/ci-context.ts';
import type { ResultValue } from '../output.ts';
import { checkRoomForDatabase } from '../quota/room.ts';
import type { Runtime } from '../runtime.ts';
import { withAssembly } from '../stack/assembly.ts';
import { readStack } from '../stack/stack-state.ts';
import { type Applied, applyHost } from './apply-host.ts';
import { checkHosts } from './check-hosts.ts';
import { checkDatabase } from './database/check-database.ts';
import { databaseLines } from './database/database-changes.ts';
import { hasDatabase, hostPlanDiffers } from './host-plan.ts';
import { hostPlanLines } from './host-plan-lines.ts';
import { readHostState } from './host-state.ts';
import { checkKeptData } from './kept-data.ts';
import type { DeployedHost } from './key/look-up.ts';
import { requireOnlyImage } from './key/only-image.ts';
import { isKept, provenance, provenanceOf, sameTemplates } from './key/provision-key.ts';
import { limitFaults } from './limits.ts';
import { checkNewest } from './newest-pipeline.ts';
import { hostApp, judgeHost, readHostInputs } from './plan/provision-inputs.ts';
import { readHostPlan } from './read-host-plan.ts';

export interface ProvisionOptions extends Place {
  /** Folder with `vendhost.yml`. */
  readonly directory: string;
  /** AMI of the instances; without it they keep the one they have. */
  readonly image: string | undefined;
  readonly dryRun: boolean;
  /** Compare the stacks even when the provision key says that nothing differs. */
  readonly full?: boolean;
  /** Refuse to change anything but the image. */
  readonly onlyImage?: boolean;
}

/**
 * Deploys a tenant's virtual host. A host that matches its provision key costs a look-up. Otherwise it plans the differences from
 * what is deployed, and applies the plan: it sets the health check of the tenant's target group (on a released host another check waits for the release), deploys the data and host stacks,
 * replaces the instances when what they start from changes, and waits until there are enough of them for a release. A dry run
 * prints the plan and changes nothing; its exit code is 2 when something would change.
 */
export async function provisionHost(runtime: Runtime, options: ProvisionOptions): Promise<ExitCode | undefined> {
  const { code, value, lines } = await provision(runtime, openAws(runtime), options);
  runtime.out.result(value, lines.join('\n'));
  return code;
}

/** The result of a provision, for the result of a command. */
export interface Provisioned {
  readonly code: ExitCode | undefined;
  readonly value: ResultValue;
  readonly lines: readonly string[];
}

/** The same, for a command that reports more. */
export async function provision(runtime: Runtime, aws: Aws, options: ProvisionOptions): Promise<Provisioned> {
  const { out } = runtime;
  const place: Place = { tenant: options.tenant, environment: options.environment };
  const config = await readVendhostConfig(options.directory);
  const inputs = await readHostInputs(aws, place);
  const { facts, record, targetGroup, otherBalancers, deployed } = inputs;
  const { hosts, limits, roles } = record;
  const faults = limitFaults(join(options.directory, 'vendhost.yml'), config, limits);
  if (faults.length > 0) throw configError(faults);

  if (options.onlyImage === true) {
    // Before the pipeline counts as the newest that provisioned.
    const { key } = await judgeHost(aws, inputs, { place, config, image: options.image });
    requireOnlyImage(place, deployed.host?.parameters.ProvisionKey, key);
  }
  await checkNewest(runtime, aws, { place, bucket: facts.bucket, dryRun: options.dryRun });
  const { health_check: healthCheck } = config;
  const { key, failing, reasons } = await judgeHost(aws, inputs, { place, config, image: options.image });
  const shown = { place, record, targetGroup: targetGroup.name };
  warnOfKeptData(runtime, config, deployed);
  if (reasons.length === 0 && options.full !== true) {
    const { parameters = {} } = deployed.host ?? {};
    const inService = deployed.group?.inService.length ?? 0;
    return report({ ...shown, image: key.image }, { changed: false, inService, provenance: provenanceOf(parameters) });
  }

  await Promise.all([
    checkHosts(aws, place, facts.bucket, hosts),
    deployed.data === undefined && config.database !== 'none' ? checkRoomForDatabase(runtime, aws, place) : undefined,
  ]);
  const wanted = { place, bucket: facts.bucket, targetGroup, healthCheck, failing, image: options.image };
  const state = await readHostState(runtime, aws, wanted);
  const from = { key: { ...key, image: state.image.id }, commit: pushOf(runtime.env).commit, healthCheck };
  // A template was validated when it was deployed.
  const validation = !sameTemplates(state.parameters.ProvisionKey, from.key);
  const keepsDatabase = hasDatabase(state.data);
  const parts = { place, facts, record, targetGroup: targetGroup.arn, otherBalancers, config, keepsDatabase };
  const app = await hostApp(aws, { ...parts, validation });
  return await withAssembly(runtime, aws, app, async (assembly) => {
    const plan = await readHostPlan(assembly, place, state);
    if (plan.data?.action === 'create') await checkKeptData(aws, place);
    const changes =
      plan.data?.action === 'update'
        ? await checkDatabase(assembly, place, join(options.directory, 'vendhost.yml'))
        : [];
    const apply = config.database === 'none' ? 'now' : applyChanges(config.database, place.environment);
    const lines = [...reasons, ...hostPlanLines(plan), ...databaseLines(changes, apply), ...outageLines(config, place)];
    const provenanceNow = async () =>
      provenance(state.parameters, { ...from, data: await readStack(aws, names.tenantStack(place, 'data')) });
    const host = { ...shown, image: plan.image.to };
    if (options.dryRun) {
      const changed = hostPlanDiffers(plan) || !isKept(state.parameters, await provenanceNow());
      const value = { ...resultOf(host), changed, reasons, plan };
      return { code: changed ? exitCodes.differs : undefined, value, lines };
    }
    out.step(`virtual host of ${place.tenant} in ${place.environment}`);
    for (const line of lines) out.detail(line);
    if (hostPlanDiffers(plan)) await out.confirm(`provision ${place.tenant} in ${place.environment}, which AWS bills?`);
    return report(
      host,
      await applyHost(assembly, plan, { place, roleArn: roles.execution, provenance: provenanceNow }),
    );
  });
}

/** What a report says about a host. */
interface ReportedHost {
  readonly place: Place;
  readonly record: TenantRecord;
  /** Name. */
  readonly targetGroup: string;
  readonly image: string;
}

function resultOf({ record: { pipeline, hosts }, targetGroup, image }: ReportedHost) {
  return { pipeline, targetGroup, imageId: image, hosts };
}

function outageLines({ instances }: VendhostConfig, { environment }: Place): string[] {
  if (minInstances(instances, environment) > 1) return [];
  return [
    'one instance at least: each release takes the only instance out of service, and the host answers 503 until it is back',
  ];
}

/** `database: none` deletes nothing: the data stack stays until a person removes it, and the present software may need it. */
function warnOfKeptData({ out }: Runtime, config: VendhostConfig, { data }: Pick<DeployedHost, 'data'>): void {
  if (config.database !== 'none' || data === undefined) return;
  out.warn(
    'vendhost.yml says `database: none`, but there is a database: it stays, and the instances reach it, until the platform team removes it',
  );
}

function report(host: ReportedHost, { changed, inService, provenance: from }: Applied): Provisioned {
  const { place, record } = host;
  const { ProvisionKey: provisionKey, ProvisionCommit: provisionCommit } = from;
  const lines = [
    `virtual host of ${place.tenant} in ${place.environment}: ${changed ? 'provisioned' : 'no change'}`,
    `hosts: ${record.hosts.join(', ')}`,
    `pipeline: ${record.pipeline}`,
    `instances in service: ${inService}`,
    `provisioned from: commit ${provisionCommit}, ${provisionKey}`,
    'next: vendhost revision push, then vendhost release start',
  ];
  return { code: undefined, value: { ...resultOf(host), changed, inService, provisionCommit, provisionKey }, lines };
}
