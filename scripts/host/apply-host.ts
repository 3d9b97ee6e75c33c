import type { PlatformFacts, TenantRecord } from '../config/facts.ts';
import { names, type Place } from '../config/names.ts';
import { readRules } from '../listener/listener-rules.ts';
import { isTooManyRules, listenerFull, readRuleQuota } from '../listener/quota.ts';
import type { Assembly } from '../stack/assembly.ts';
import { deployStacks, type StackResult } from '../stack/deploy/deploy-stacks.ts';
import type { StackPlan } from '../stack/stack-plan.ts';
import { readGroup, waitingVersion } from './group.ts';
import { databaseParameters, type HostState, hostParameters, keepData } from './host-plan.ts';
import { waitInService } from './in-service.ts';
import { rollOut } from './roll-out.ts';

export interface Applied {
  readonly changed: boolean;
  readonly inService: number;
}

/**
 * Makes the virtual host what the plans say: the data first, because the host needs its address; then the host; then
 * its instances, when the launch template has a version they do not start from yet.
 */
export async function applyHost(
  assembly: Assembly,
  {
    place,
    facts,
    record,
    world,
    plans,
  }: { place: Place; facts: PlatformFacts; record: TenantRecord; world: HostState; plans: readonly StackPlan[] },
): Promise<Applied> {
  const { runtime, aws } = assembly;
  const { out } = runtime;
  const since = new Date();
  const roleArn = record.roles.execution;
  const [dataStack, hostStack] = [names.tenantStack(place, 'data'), names.tenantStack(place, 'host')];
  const differs = (stack: string) => plans.some((plan) => plan.stack === stack && plan.action !== 'none');

  /** Somebody else's rule was made in the meantime, and it was the last that AWS allows. */
  const explained = async (error: unknown): Promise<never> => {
    if (!isTooManyRules(error)) throw error;
    const [rules, quota] = await Promise.all([readRules(aws, facts['listener-arn']), readRuleQuota(aws)]);
    const { details } = error;
    throw listenerFull({ place, loadBalancer: record.loadBalancer }, rules.length, quota, { details, cause: error });
  };

  const deployHost = async (parameters: Record<string, string>): Promise<StackResult | undefined> => {
    const options = { stacks: [hostStack], parameters: { [hostStack]: parameters }, roleArn };
    return (await deployStacks(assembly, options).catch(explained))[0];
  };

  let changed = false;
  let parameters = hostParameters(world, assembly.templates.has(dataStack));
  if (differs(dataStack)) {
    const [data] = await out.section('provision_data', 'database', () =>
      deployStacks(assembly, { stacks: [dataStack], roleArn, policies: { [dataStack]: keepData } }),
    );
    parameters = { ...parameters, ...databaseParameters(data?.outputs ?? {}) };
    changed = data?.changed === true;
  }
  if (changed || differs(hostStack)) {
    const host = await out.section('provision_host', 'host', () => deployHost(parameters));
    changed ||= host?.changed === true;
  }
  const group = await readGroup(aws, place);
  const version = group === undefined ? undefined : await waitingVersion(aws, group);
  if (group !== undefined && version !== undefined) {
    await out.section('provision_instances', 'instances', async () => {
      await rollOut(runtime, aws, group, version);
      await deployHost({ ...parameters, LaunchTemplateVersion: version });
    });
    changed = true;
  }
  return { changed, inService: await waitInService(runtime, aws, place, since) };
}
