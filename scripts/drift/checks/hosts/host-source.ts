import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { Instance } from '@aws-sdk/client-ec2';
import type { Aws } from '../../../aws/session.ts';
import { readStack, type StackState, stackStateOf } from '../../../stack/stack-state.ts';
import type { DriftContext } from '../../checks.ts';
import { allStacks } from '../../stacks/all-stacks.ts';
import { shared } from '../shared.ts';

/** Where the stack, the group and the instances of a host are looked up. */
export interface HostSource {
  readonly stack: (name: string) => Promise<StackState | undefined>;
  readonly group: (name: string) => Promise<AutoScalingGroup | undefined>;
  /** By their ids; what EC2 does not know is left out. */
  readonly machines: (ids: readonly string[]) => Promise<ReadonlyMap<string, Instance>>;
}

/** Reads each resource by itself: for one host, or with a role that may read no lists. */
export function askedByName(aws: Aws): HostSource {
  return {
    stack: (name) => readStack(aws, name),
    async group(name) {
      const { DescribeAutoScalingGroupsCommand } = await import('@aws-sdk/client-auto-scaling');
      const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] });
      return (await (await aws.autoScaling()).send(command)).AutoScalingGroups?.[0];
    },
    machines: (ids) => readMachines(aws, ids),
  };
}

/** Everything of an environment is read once, by lists: how many calls that takes depends on how many things a page holds. */
export const listed = shared(async (context: DriftContext): Promise<HostSource> => {
  const { aws, environment } = context;
  const [all, groups] = await Promise.all([allStacks(context), listGroups(aws, `vendhost-${environment}-`)]);
  // A stack that waits for its first change set is none yet.
  const made = all.filter(({ StackStatus }) => StackStatus !== 'REVIEW_IN_PROGRESS');
  const stacks = new Map(made.map((stack) => [stack.StackName ?? '', stackStateOf(stack)]));
  const byName = new Map(groups.map((group) => [group.AutoScalingGroupName ?? '', group]));
  const machines = await readMachines(
    aws,
    groups.flatMap(({ Instances = [] }) => Instances.flatMap(({ InstanceId }) => InstanceId ?? [])),
  );
  return {
    stack: async (name) => stacks.get(name),
    group: async (name) => byName.get(name),
    machines: async () => machines,
  };
});

/** Auto Scaling groups whose names begin so; all pages. */
export async function listGroups(aws: Aws, prefix: string): Promise<AutoScalingGroup[]> {
  const { paginateDescribeAutoScalingGroups } = await import('@aws-sdk/client-auto-scaling');
  const found: AutoScalingGroup[] = [];
  // A page has at most 100 (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html).
  const pages = { client: await aws.autoScaling(), pageSize: 100 };
  for await (const { AutoScalingGroups = [] } of paginateDescribeAutoScalingGroups(pages, {})) {
    found.push(...AutoScalingGroups.filter(({ AutoScalingGroupName = '' }) => AutoScalingGroupName.startsWith(prefix)));
  }
  return found;
}

/** Most values of a filter (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html). */
const mostValues = 200;

/** Instances by their ids; all pages. */
export async function readMachines(aws: Aws, ids: readonly string[]): Promise<Map<string, Instance>> {
  const { paginateDescribeInstances } = await import('@aws-sdk/client-ec2');
  const found = new Map<string, Instance>();
  for (let start = 0; start < ids.length; start += mostValues) {
    // With a filter: EC2 refuses the whole call if one id no longer exists.
    const Filters = [{ Name: 'instance-id', Values: ids.slice(start, start + mostValues) }];
    for await (const { Reservations = [] } of paginateDescribeInstances({ client: await aws.ec2() }, { Filters })) {
      for (const each of Reservations.flatMap(({ Instances = [] }) => Instances))
        found.set(each.InstanceId ?? '', each);
    }
  }
  return found;
}
