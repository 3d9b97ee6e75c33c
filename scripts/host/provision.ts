import { join } from 'node:path';
import { platformFacts, readPublishedFacts, readTenantRecord } from '../aws/read-facts.ts';
import { type Aws, openAws } from '../aws/session.ts';
import type { PlatformFacts, TenantRecord } from '../config/facts.ts';
import { readVendhostConfig } from '../config/files.ts';
import { configError } from '../config/load.ts';
import type { Place } from '../config/names.ts';
import type { VendhostConfig } from '../config/vendhost.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { type AppBuilder, withAssembly } from '../stack/assembly.ts';
import { type Applied, applyHost } from './apply-host.ts';
import { checkHosts } from './check-hosts.ts';
import { readTargetGroup } from './health-check.ts';
import { type HostPlan, type HostState, hostPlanDiffers } from './host-plan.ts';
import { hostPlanLines } from './host-plan-lines.ts';
import { readHostState } from './host-state.ts';
import { limitFaults } from './limits.ts';
import { readHostPlan } from './read-host-plan.ts';

export interface ProvisionOptions extends Place {
  /** Folder with `vendhost.yml`. */
  readonly directory: string;
  /** AMI of the instances; without it they keep the one they have. */
  readonly image: string | undefined;
  readonly dryRun: boolean;
}

/**
 * Deploys a tenant's virtual host: plans what differs from what is deployed, and applies the plan. It sets the health check of the
 * tenant's target group, deploys the data and host stacks, replaces the instances when what they start from changes, and waits until there are
 * enough of them for a release. A dry run prints the plan and changes nothing; its exit code is 2 when something would change.
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
  const { hosts, loadBalancer, limits, roles } = record;
  const facts = platformFacts(published, loadBalancer);
  const faults = limitFaults(join(options.directory, 'vendhost.yml'), config, limits);
  if (faults.length > 0) throw configError(faults);
  await checkHosts(aws, place, facts.bucket, hosts);

  const { bucket } = facts;
  const targetGroup = await readTargetGroup(aws, place, record);
  const wanted = { place, bucket, targetGroup, healthCheck: config.health_check, image: options.image };
  const state = await readHostState(runtime, aws, wanted);
  return await withAssembly(
    runtime,
    aws,
    await appOf(aws, { place, facts, record, targetGroup: targetGroup.arn, config }),
    async (assembly) => {
      const plan = await readHostPlan(assembly, place, state);
      const lines = hostPlanLines(plan);
      if (options.dryRun) {
        const changed = hostPlanDiffers(plan);
        out.result({ ...resultOf(record, plan), changed, plan }, lines.join('\n'));
        return changed ? exitCodes.differs : undefined;
      }
      out.step(`virtual host of ${place.tenant} in ${place.environment}`);
      for (const line of lines) out.detail(line);
      warnOfKeptData(runtime, config, state);
      const applied = await applyHost(assembly, plan, { place, roleArn: roles.execution });
      const { changed, inService } = applied;
      out.result({ ...resultOf(record, plan), changed, inService }, provisionSummary(place, record, applied));
      return undefined;
    },
  );
}

interface Parts {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly record: TenantRecord;
  /** ARN. */
  readonly targetGroup: string;
  readonly config: VendhostConfig;
}

async function appOf(aws: Aws, parts: Parts): Promise<AppBuilder> {
  const { region } = aws;
  const account = await aws.account();
  return async (app) => {
    const { virtualHostApp } = await import('../../cdk/tenant/virtual-host-app.ts');
    return virtualHostApp({ ...parts, account, region }, app);
  };
}

function resultOf({ pipeline, hosts }: TenantRecord, { image, healthCheck }: HostPlan) {
  return { pipeline, targetGroup: healthCheck.targetGroup, imageId: image.to, hosts };
}

/** `database: none` deletes nothing: the data stack stays until a person retires it. */
function warnOfKeptData({ out }: Runtime, config: VendhostConfig, { data }: HostState): void {
  if (config.database !== 'none' || Object.keys(data).length === 0) return;
  out.warn('vendhost.yml says `database: none`, but there is a database: it stays, the instances no longer reach it');
}

function provisionSummary(place: Place, { hosts, pipeline }: TenantRecord, { changed, inService }: Applied): string {
  return [
    `virtual host of ${place.tenant} in ${place.environment}: ${changed ? 'provisioned' : 'no change'}`,
    `hosts: ${hosts.join(', ')}`,
    `pipeline: ${pipeline}`,
    `instances in service: ${inService}`,
    'next: vendhost revision push, then vendhost release start',
  ].join('\n');
}
