import { duration, poll } from '../aws/poll.ts';
import type { Aws } from '../aws/session.ts';
import { names, type Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { pollMs } from '../stack/stack-state.ts';
import { type Group, readGroup } from './group.ts';

const limitMs = 15 * 60_000;
/** One launch may fail for want of capacity in a zone; Auto Scaling then tries another. After this many it is no accident. */
const failuresTolerated = 2;

/**
 * Waits until the group has its smallest number of instances in service: CodeDeploy refuses to release to none. Returns
 * their number; throws `INSTANCES_FAILED` with Auto Scaling's reasons when they cannot be started.
 */
export async function waitInService(runtime: Runtime, aws: Aws, place: Place, since: Date): Promise<number> {
  const first = await readGroup(aws, place);
  if (first !== undefined && first.inService.length >= first.min) return first.inService.length;
  runtime.out.step(`waiting for ${first?.min ?? 0} instances in service (at most ${duration(limitMs)})`);
  let said = '';
  return await poll({
    what: `the instances of ${names.host(place)} to be in service`,
    everyMs: pollMs(aws),
    limitMs,
    signal: runtime.signal,
    check: async () => {
      const group = await readGroup(aws, place);
      if (group === undefined) return undefined;
      const line = `${group.inService.length} of ${group.min} in service`;
      if (line !== said) runtime.out.detail(line);
      said = line;
      if (group.inService.length >= group.min) return group.inService.length;
      await checkLaunches(aws, group, since);
      return undefined;
    },
  });
}

async function checkLaunches(aws: Aws, group: Group, since: Date): Promise<void> {
  const { DescribeScalingActivitiesCommand } = await import('@aws-sdk/client-auto-scaling');
  const command = new DescribeScalingActivitiesCommand({ AutoScalingGroupName: group.name, MaxRecords: 50 });
  const { Activities = [] } = await (await aws.autoScaling()).send(command);
  const failed = Activities.filter(
    ({ StatusCode, StartTime }) => StatusCode === 'Failed' && StartTime !== undefined && StartTime >= since,
  );
  if (failed.length <= failuresTolerated) return;
  throw new VendhostError(
    'INSTANCES_FAILED',
    `${group.name} cannot start its instances: ${failed.length} launches failed`,
    {
      details: [...new Set(failed.map(({ StatusMessage }) => StatusMessage ?? 'no reason given'))],
      hint: 'mend the cause named above and run the same command again',
    },
  );
}
