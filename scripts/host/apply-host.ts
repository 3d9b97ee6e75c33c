import type { Place } from '../config/names.ts';
import type { Assembly } from '../stack/assembly.ts';
import { deployStacks, type StackResult } from '../stack/deploy/deploy-stacks.ts';
import { keepData } from './data-guard.ts';
import { checksToSet } from './health/health-check.ts';
import { setHealthCheck } from './health/tenant-target-group.ts';
import type { HostPlan, InstanceRefresh } from './host-plan.ts';
import { readGroup } from './instances/group.ts';
import { waitInService } from './instances/in-service.ts';
import { newestVersion } from './instances/launch-template.ts';
import { hostMissing } from './instances/replace.ts';
import { rollOut } from './instances/roll-out.ts';
import { type Provenance, unfinished } from './key/provision-key.ts';
import { isSurprising, knownValues, type Learned } from './planned-value.ts';

export interface Applied {
  readonly changed: boolean;
  readonly inService: number;
  readonly provenance: Provenance;
}

export interface ApplyOptions {
  readonly place: Place;
  /** Role that CloudFormation uses. */
  readonly roleArn: string;
  /** What the host is provisioned from; read once the data stack is deployed. */
  readonly provenance: () => Promise<Provenance>;
}

/**
 * Applies a plan, step by step. Values that the plan could not know become known on the way: the host is also updated
 * when an output of the data stack is not the expected one. After a failure, the next plan starts
 * from what is deployed by then and does the rest.
 */
export async function applyHost(assembly: Assembly, plan: HostPlan, options: ApplyOptions): Promise<Applied> {
  const { runtime, aws } = assembly;
  const { out } = runtime;
  const since = new Date();
  const outputs = new Map<string, StackResult['outputs']>();
  const learned: Learned = { outputs };
  // First, because instances must pass it as soon as there are any.
  const checks = checksToSet(plan.healthCheck);
  for (const { arn } of checks) await setHealthCheck(aws, arn, plan.healthCheck.wanted);
  let changed = checks.length > 0;
  if (plan.data !== undefined && plan.data.action !== 'none') {
    const { stack } = plan.data;
    const data = await out.section('provision_data', 'database', () => deployData(assembly, stack, options));
    outputs.set(stack, data?.outputs ?? {});
    changed ||= data?.changed === true;
  }
  const planned = Object.fromEntries(Object.entries(plan.host.parameters).map(([name, { to }]) => [name, to]));
  const host: HostDeploy = { ...options, stack: plan.host.stack, parameters: knownValues(planned, learned) };
  const done = await options.provenance();
  // The key is part of the update that comes last.
  const isLast = (plan.refresh?.replacement ?? 'no') === 'no';
  if (plan.host.action !== 'none' || isSurprising(planned, learned)) {
    const parameters = { ...host.parameters, ...(isLast ? done : unfinished(done)) };
    const result = await out.section('provision_host', 'host', () => deployHost(assembly, { ...host, parameters }));
    changed ||= result?.changed === true;
  }
  if (plan.refresh !== undefined && (await refresh(assembly, plan.refresh, host, done))) changed = true;
  const inService = await waitInService(runtime, aws, options.place, since);
  const kept = await deployHost(assembly, { ...host, parameters: { ...done } });
  return { changed: changed || kept?.changed === true, inService, provenance: done };
}

interface HostDeploy extends ApplyOptions {
  readonly stack: string;
  readonly parameters: Readonly<Record<string, string>>;
}

async function deployData(
  assembly: Assembly,
  stack: string,
  { roleArn }: ApplyOptions,
): Promise<StackResult | undefined> {
  return (await deployStacks(assembly, { stacks: [stack], roleArn, policies: { [stack]: keepData } }))[0];
}

async function deployHost(assembly: Assembly, host: HostDeploy): Promise<StackResult | undefined> {
  const { stack, parameters, roleArn } = host;
  const options = { stacks: [stack], parameters: { [stack]: parameters }, roleArn };
  return (await deployStacks(assembly, options))[0];
}

/** `false` when the instances already run the newest version: there is nothing to replace. */
async function refresh(
  assembly: Assembly,
  { from, to }: InstanceRefresh,
  host: HostDeploy,
  done: Provenance,
): Promise<boolean> {
  const { runtime, aws } = assembly;
  const version = typeof to === 'string' ? to : await newestVersion(aws, to.newestOf);
  if (version === from) return false;
  const group = await readGroup(aws, host.place);
  if (group === undefined) throw hostMissing(host.place);
  await runtime.out.section('provision_instances', 'instances', async () => {
    await rollOut(runtime, aws, group, version);
    const parameters = { ...host.parameters, ...done, LaunchTemplateVersion: version };
    await deployHost(assembly, { ...host, parameters });
  });
  return true;
}
