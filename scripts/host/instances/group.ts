import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { Aws } from '../../aws/session.ts';
import { names, type Place } from '../../config/names.ts';
import { isWithoutHost } from '../../deployment/without-host.ts';

/** A host's Auto Scaling group as it is. */
export interface Group {
  readonly name: string;
  /** Version of the launch template that new instances start from. */
  readonly version: string;
  readonly launchTemplateId: string;
  readonly min: number;
  readonly inService: readonly string[];
  /** Ids of all, in any state. */
  readonly members: readonly string[];
  readonly instances: number;
}

/** Reads a host's Auto Scaling group, `undefined` when there is none. */
export async function readGroup(aws: Aws, place: Place): Promise<Group | undefined> {
  const { DescribeAutoScalingGroupsCommand } = await import('@aws-sdk/client-auto-scaling');
  const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [names.host(place)] });
  const { AutoScalingGroups } = await (await aws.autoScaling()).send(command);
  return groupOf(AutoScalingGroups?.[0]);
}

function groupOf(group: AutoScalingGroup | undefined): Group | undefined {
  const { LaunchTemplateId, Version } = group?.LaunchTemplate ?? {};
  if (group === undefined || LaunchTemplateId === undefined || Version === undefined) return undefined;
  const instances = group.Instances ?? [];
  return {
    name: group.AutoScalingGroupName ?? '',
    version: Version,
    launchTemplateId: LaunchTemplateId,
    min: group.MinSize ?? 0,
    inService: instances.flatMap((each) => (each.LifecycleState === 'InService' ? (each.InstanceId ?? []) : [])),
    members: instances.flatMap(({ InstanceId }) => InstanceId ?? []),
    instances: instances.length,
  };
}

/** Whether a release ever succeeded on the host: before that no instance can pass its health check. */
export async function wasReleased(aws: Aws, place: Place): Promise<boolean> {
  const client = await aws.codeDeploy();
  const { GetDeploymentGroupCommand } = await import('@aws-sdk/client-codedeploy');
  const name = names.host(place);
  try {
    const command = new GetDeploymentGroupCommand({ applicationName: name, deploymentGroupName: name });
    return (await client.send(command)).deploymentGroupInfo?.lastSuccessfulDeployment?.deploymentId !== undefined;
  } catch (error) {
    if (isWithoutHost(error)) return false;
    throw error;
  }
}
