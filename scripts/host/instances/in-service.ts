import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import { names, type Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import { newPipeline } from '../../gitlab/new-pipeline.ts';
import { duration } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { type Group, readGroup } from './group.ts';

const limitMs = 15 * 60_000;
/** A launch may fail because a zone has no capacity; Auto Scaling then tries another zone. More failures have another cause. */
const failuresTolerated = 2;

/**
 * Waits until the group has its minimum number of instances in service: CodeDeploy does not deploy to an empty group.
 * Returns their number. Throws `INSTANCES_FAILED` with Auto Scaling's reasons when they cannot be started, `TIMED_OUT`
 * after 15 minutes.
 * @param since earlier failures of launches have an earlier cause and do not count
 */
export async function waitInService(runtime: Runtime, aws: Aws, place: Place, since: Date): Promise<number> {
  const first = await readGroup(aws, place);
  if (first !== undefined && first.inService.length >= first.min) return first.inService.length;
  const awaited = first?.min === 1 ? '1 instance' : `${first?.min ?? 0} instances`;
  runtime.out.step(`waiting for ${awaited} in service (at most ${duration(limitMs)})`);
  let lastLine = '';
  return await poll({
    what: `the instances of ${names.host(place)} to be in service`,
    pace: aws.pace,
    limitMs,
    signal: runtime.signal,
    check: async () => {
      const group = await readGroup(aws, place);
      if (group === undefined) return undefined;
      const line = `${group.inService.length} of ${group.min} in service`;
      if (line !== lastLine) runtime.out.detail(line);
      lastLine = line;
      runtime.out.doing(group.name, { waitingFor: line });
      if (group.inService.length >= group.min) return group.inService.length;
      await checkLaunches(aws, group, since);
      return undefined;
    },
  }).finally(() => runtime.out.done(names.host(place)));
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
      hint: `fix the cause named above and push, or, when it is not in the repository, ${newPipeline}`,
    },
  );
}
