import type { Activity } from '@aws-sdk/client-auto-scaling';
import type { Aws } from '../../aws/session.ts';

/**
 * Why Auto Scaling took instances out of service, one line each; none for those that somebody else terminated. If the call fails there are
 * none either: the release must still be stopped.
 */
export async function readDepartures(aws: Aws, group: string, instances: readonly string[]): Promise<string[]> {
  const { DescribeScalingActivitiesCommand } = await import('@aws-sdk/client-auto-scaling');
  // Newest first, and the instances have just left: the first page has them.
  const command = new DescribeScalingActivitiesCommand({ AutoScalingGroupName: group, MaxRecords: 50 });
  const { Activities = [] } = await (await aws.autoScaling())
    .send(command)
    .catch((): { Activities?: Activity[] } => ({}));
  return instances.flatMap((instance) => {
    const cause = Activities.find((activity) => isEndOf(activity, instance))?.Cause;
    return cause === undefined ? [] : [`${instance}: ${cause}`];
  });
}

/** Auto Scaling's words: `Terminating EC2 instance: i-…` (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-verify-scaling-activity.html). */
function isEndOf({ Description = '' }: Activity, instance: string): boolean {
  return Description.startsWith('Terminating') && Description.includes(instance);
}

/**
 * Whether Auto Scaling replaced an instance because the load balancer found it unhealthy
 * (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-healthchecks.html).
 */
export function isUnhealthy(departure: string): boolean {
  return /\bELB\b/.test(departure);
}
