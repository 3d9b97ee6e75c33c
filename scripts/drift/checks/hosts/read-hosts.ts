import type { AutoScalingGroup, Instance as Member } from '@aws-sdk/client-auto-scaling';
import type { Instance } from '@aws-sdk/client-ec2';
import type { Aws } from '../../../aws/session.ts';
import { names, type Place } from '../../../config/names.ts';
import { isWithoutHost } from '../../../deployment/without-host.ts';
import { isRefreshing } from '../../../host/instances/roll-out.ts';
import { isBusy, neverWorks } from '../../../stack/stack-state.ts';
import type { GroupFacts, HostFacts, MemberFacts } from './host-facts.ts';
import type { HostSource } from './host-source.ts';

/** Reads a virtual host; `undefined` when none was provisioned, or its stack never worked: CloudFormation's own checks name that. */
export async function readHost(aws: Aws, place: Place, source: HostSource): Promise<HostFacts | undefined> {
  const name = names.host(place);
  const stack = await source.stack(names.tenantStack(place, 'host'));
  if (stack === undefined || neverWorks(stack)) return undefined;
  const [group, deployment] = await Promise.all([readGroupFacts(source, name), readDeploymentGroup(aws, name)]);
  const { LaunchTemplateVersion: version = '', ImageId: image = '' } = stack.parameters;
  const shared = { place, provisioned: { version, image }, deployment };
  const nothing = { group: undefined, newestVersion: undefined, starting: undefined, hooks: [] };
  if (group === undefined) return { ...shared, ...nothing, busy: undefined };
  const [versions, hooks, refreshing] = await Promise.all([
    readVersions(aws, group),
    readHookNames(aws, name),
    isRefreshing(aws, group),
  ]);
  const busy = isBusy(stack) ? `${names.tenantStack(place, 'host')} is ${stack.status}` : undefined;
  return {
    ...shared,
    group,
    ...versions,
    busy: busy ?? (refreshing ? `an instance refresh of ${name} is running` : undefined),
    hooks,
  };
}

async function readGroupFacts(source: HostSource, name: string): Promise<GroupFacts | undefined> {
  const found = await source.group(name);
  if (found === undefined) return undefined;
  // A group has one of them, or a launch configuration
  // (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html).
  const template = found.LaunchTemplate ?? found.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
  const { LaunchTemplateId: templateId, Version: version = '$Default' } = template ?? {};
  const suspended = (found.SuspendedProcesses ?? []).flatMap(({ ProcessName }) => ProcessName ?? []);
  return { name, templateId, version, suspended, min: found.MinSize ?? 0, members: await readMembers(source, found) };
}

/** `$Latest` and `$Default` are what the console sets; a version, or the whole template, may be gone. */
async function readVersions(
  aws: Aws,
  { templateId, version }: GroupFacts,
): Promise<Pick<HostFacts, 'newestVersion' | 'starting'>> {
  if (templateId === undefined) return { newestVersion: undefined, starting: undefined };
  const { DescribeLaunchTemplateVersionsCommand } = await import('@aws-sdk/client-ec2');
  const client = await aws.ec2();
  const read = async (wanted: string) => {
    const command = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: templateId, Versions: [wanted] });
    const { LaunchTemplateVersions } = await client.send(command).catch((error: unknown) => {
      if (error instanceof Error && /^InvalidLaunchTemplate/.test(error.name)) return { LaunchTemplateVersions: [] };
      throw error;
    });
    const found = LaunchTemplateVersions?.[0];
    return found && { version: String(found.VersionNumber), image: found.LaunchTemplateData?.ImageId };
  };
  const [newest, starting] = await Promise.all([read('$Latest'), read(version)]);
  return { newestVersion: newest?.version, starting };
}

async function readMembers(source: HostSource, { Instances: members = [] }: AutoScalingGroup): Promise<MemberFacts[]> {
  const machines = await source.machines(members.flatMap(({ InstanceId }) => InstanceId ?? []));
  return members.map((member) => memberOf(member, machines.get(member.InstanceId ?? '')));
}

function memberOf(
  { InstanceId = '', AvailabilityZone, LaunchTemplate, LifecycleState, HealthStatus }: Member,
  machine?: Instance,
): MemberFacts {
  const { State, LaunchTime, ImageId } = machine ?? {};
  return {
    id: InstanceId,
    version: LaunchTemplate?.Version,
    state: LifecycleState ?? 'unknown',
    healthy: HealthStatus?.toLowerCase() === 'healthy',
    ...(State?.Name === undefined ? {} : { machine: State.Name }),
    ...(LaunchTime === undefined ? {} : { startedAt: LaunchTime }),
    ...(AvailabilityZone === undefined ? {} : { zone: AvailabilityZone }),
    ...(ImageId === undefined ? {} : { image: ImageId }),
  };
}

/** A group has at most 50 hooks, and the answer has no pages (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeLifecycleHooks.html). */
async function readHookNames(aws: Aws, group: string): Promise<string[]> {
  const { DescribeLifecycleHooksCommand } = await import('@aws-sdk/client-auto-scaling');
  const command = new DescribeLifecycleHooksCommand({ AutoScalingGroupName: group });
  const { LifecycleHooks = [] } = await (await aws.autoScaling()).send(command);
  return LifecycleHooks.flatMap(({ LifecycleHookName }) => LifecycleHookName ?? []);
}

async function readDeploymentGroup(aws: Aws, name: string): Promise<HostFacts['deployment']> {
  const { GetDeploymentGroupCommand } = await import('@aws-sdk/client-codedeploy');
  const command = new GetDeploymentGroupCommand({ applicationName: name, deploymentGroupName: name });
  try {
    const { deploymentGroupInfo } = await (await aws.codeDeploy()).send(command);
    const groups = (deploymentGroupInfo?.autoScalingGroups ?? []).map(({ name: of = '', hook }) => ({
      name: of,
      ...(hook === undefined ? {} : { hook }),
    }));
    return { groups };
  } catch (error) {
    if (isWithoutHost(error)) return undefined;
    throw error;
  }
}
