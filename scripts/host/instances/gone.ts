import type { Aws } from '../../aws/session.ts';

/**
 * Which of these instances no longer run, each with its state in EC2: nothing that was running there can finish.
 * @param group name of a group: its instances that are about to leave are included
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
  // A filter, because an id that EC2 no longer knows would be an error.
  const query = { Filters: [{ Name: 'instance-id', Values: [...instances] }] };
  for await (const page of paginateDescribeInstances({ client: await aws.ec2() }, query)) {
    for (const { InstanceId = '', State } of (page.Reservations ?? []).flatMap((each) => each.Instances ?? [])) {
      states.set(InstanceId, State?.Name ?? '');
    }
  }
  return states;
}

/** Instances that Auto Scaling is removing, with its state for each. */
async function readLeaving(aws: Aws, group: string): Promise<(readonly [string, string])[]> {
  const { DescribeAutoScalingGroupsCommand } = await import('@aws-sdk/client-auto-scaling');
  const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] });
  const { AutoScalingGroups = [] } = await (await aws.autoScaling()).send(command);
  return (AutoScalingGroups[0]?.Instances ?? [])
    .filter(({ LifecycleState }) => LifecycleState?.startsWith('Terminating') === true)
    .map(({ InstanceId = '', LifecycleState = '' }) => [InstanceId, LifecycleState] as const);
}
