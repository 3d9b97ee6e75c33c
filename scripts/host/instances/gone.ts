import type { Aws } from '../../aws/session.ts';

/**
 * Which of these instances do not run any more, and what EC2 says of each: nothing that goes on there can end.
 * @param group name of the group of which also those are meant that are about to leave it
 */
export async function readGone(
  aws: Aws,
  instances: readonly string[],
  group?: string,
): Promise<ReadonlyMap<string, string>> {
  const states = await readStates(aws, instances);
  for (const [instance, state] of group === undefined ? [] : await readLeaving(aws, group)) {
    if (states.has(instance)) states.set(instance, state);
  }
  const gone = instances.filter((instance) => !['running', 'pending'].includes(states.get(instance) ?? ''));
  return new Map(gone.map((instance) => [instance, `${instance} is ${states.get(instance) ?? 'gone'}`]));
}

async function readStates(aws: Aws, instances: readonly string[]): Promise<Map<string, string>> {
  const { paginateDescribeInstances } = await import('@aws-sdk/client-ec2');
  const states = new Map<string, string>();
  // A filter, because an id that is not known any more would be an error.
  const query = { Filters: [{ Name: 'instance-id', Values: [...instances] }] };
  for await (const page of paginateDescribeInstances({ client: await aws.ec2() }, query)) {
    for (const { InstanceId = '', State } of (page.Reservations ?? []).flatMap((each) => each.Instances ?? [])) {
      states.set(InstanceId, State?.Name ?? '');
    }
  }
  return states;
}

/** Instances that Auto Scaling takes out, with its word for it. */
async function readLeaving(aws: Aws, group: string): Promise<(readonly [string, string])[]> {
  const { DescribeAutoScalingGroupsCommand } = await import('@aws-sdk/client-auto-scaling');
  const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] });
  const { AutoScalingGroups = [] } = await (await aws.autoScaling()).send(command);
  return (AutoScalingGroups[0]?.Instances ?? [])
    .filter(({ LifecycleState }) => LifecycleState?.startsWith('Terminating') === true)
    .map(({ InstanceId = '', LifecycleState = '' }) => [InstanceId, LifecycleState] as const);
}
