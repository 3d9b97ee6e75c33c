import { isDeepStrictEqual } from 'node:util';
import type { InstanceRefresh, StartInstanceRefreshCommandInput } from '@aws-sdk/client-auto-scaling';
import { answered } from '../../aws/answers.ts';
import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import { messageOf, VendhostError } from '../../errors.ts';
import { newPipeline } from '../../gitlab/new-pipeline.ts';
import { duration } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import type { Group } from './group.ts';
import { launchFailures } from './launch-failures.ts';

/** Below the hour after which GitLab would cancel the job without a message. The refresh continues. */
const limitMs = 55 * 60_000;

/**
 * Replaces the instances of a group with an instance refresh to another version of the launch template: a new one must be
 * healthy before an old one is terminated. When one does not become healthy, Auto Scaling rolls back to the former version and
 * `ROLL_OUT_FAILED` is thrown. A cancelled command rolls back too. Throws `TIMED_OUT` after 55 minutes.
 * (https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-rollback.html)
 */
export async function rollOut(runtime: Runtime, aws: Aws, group: Group, version: string): Promise<void> {
  await waitForRefresh(runtime, aws, group);
  const to = { LaunchTemplateId: group.launchTemplateId, Version: version };
  await refresh(runtime, aws, group, {
    DesiredConfiguration: { LaunchTemplate: to },
    Preferences: { ...pace, AutoRollback: true, SkipMatching: true },
  });
}

/** The same with instances of the group's present version; there is nothing to roll back to, so in AWS it continues after a cancelled command. */
export async function replaceAll(runtime: Runtime, aws: Aws, group: Group): Promise<void> {
  await waitForRefresh(runtime, aws, group);
  await refresh(runtime, aws, group, { Preferences: { ...pace, SkipMatching: false } });
}

type RefreshRequest = Pick<StartInstanceRefreshCommandInput, 'DesiredConfiguration' | 'Preferences'>;

/** A new instance is in service before an old one is terminated. */
const pace = { MinHealthyPercentage: 100, MaxHealthyPercentage: 200 };

async function refresh(runtime: Runtime, aws: Aws, group: Group, wanted: RefreshRequest): Promise<void> {
  const id = await start(runtime, aws, group, wanted);
  const which = group.instances === 1 ? 'the instance' : `the ${group.instances} instances`;
  runtime.out.step(`replacing ${which} of ${group.name}, each when a new one is healthy`);
  const ended = await follow(runtime, aws, group, id).catch(async (error: unknown) => {
    if (runtime.signal.aborted && wanted.Preferences?.AutoRollback) await rollBack(runtime, aws, group);
    throw error;
  });
  if (ended.Status === 'Successful') return;
  const hooks = await launchFailures(aws, group.name, ended.StartTime ?? new Date(0));
  const cause =
    hooks.length > 0 ? 'fix what failed on the new instance, as named above,' : 'fix the image or vendhost.yml';
  throw new VendhostError('ROLL_OUT_FAILED', `the instances of ${group.name} were not replaced: ${ended.Status}`, {
    details: [...(ended.StatusReason === undefined || ended.StatusReason === '' ? [] : [ended.StatusReason]), ...hooks],
    hint:
      ended.Status === 'RollbackSuccessful'
        ? `the former instances keep serving; ${cause} and push`
        : hooks.length > 0
          ? `${cause} and push`
          : `ask the platform team for the reason: aws autoscaling describe-instance-refreshes --auto-scaling-group-name ${group.name}; then ${newPipeline}`,
  });
}

/**
 * Starts an instance refresh. AWS has no idempotency token for it, so a call whose response was lost is repeated and refused: the running refresh
 * may then be the requested one. Any other was started by another job meanwhile, and is waited for.
 */
async function start(runtime: Runtime, aws: Aws, group: Group, wanted: RefreshRequest): Promise<string> {
  const { InstanceRefreshInProgressFault, StartInstanceRefreshCommand } = await import('@aws-sdk/client-auto-scaling');
  const command = new StartInstanceRefreshCommand({ AutoScalingGroupName: group.name, Strategy: 'Rolling', ...wanted });
  const client = await aws.autoScaling();
  const send = async () => (await client.send(command)).InstanceRefreshId;
  const id = await send().catch(async (error: unknown) => {
    if (!(error instanceof InstanceRefreshInProgressFault)) throw error;
    const active = (await describe(aws, group)).find(({ Status = '' }) => running.has(Status));
    if (active !== undefined && isSameRefresh(active, wanted)) return active.InstanceRefreshId;
    await waitForRefresh(runtime, aws, group);
    return await send();
  });
  return answered(id, 'AutoScaling StartInstanceRefresh', 'an id');
}

/** Whether a running refresh does what a request wants. */
export function isSameRefresh(
  active: Pick<InstanceRefresh, 'DesiredConfiguration' | 'Preferences'>,
  wanted: RefreshRequest,
) {
  const [one, other] = [active, wanted].map(({ DesiredConfiguration, Preferences }) => [
    DesiredConfiguration?.LaunchTemplate?.LaunchTemplateId,
    DesiredConfiguration?.LaunchTemplate?.Version,
    Preferences?.SkipMatching ?? false,
  ]);
  return isDeepStrictEqual(one, other);
}

const running = new Set(['Pending', 'InProgress', 'Cancelling', 'RollbackInProgress', 'Baking']);

/** Waits for the instance refresh that another job started, if one is running: a group has one at a time. `false`: there was none. */
export async function waitForRefresh(runtime: Runtime, aws: Aws, group: Group): Promise<boolean> {
  const active = (await describe(aws, group)).find(({ Status = '' }) => running.has(Status));
  if (active?.InstanceRefreshId === undefined) return false;
  runtime.out.step(
    `an instance refresh of ${group.name} is ${active.Status}: waiting for it (at most ${duration(limitMs)})`,
  );
  await follow(runtime, aws, group, active.InstanceRefreshId);
  return true;
}

/** Whether an instance refresh of the group is running. */
export async function isRefreshing(aws: Aws, group: Pick<Group, 'name'>): Promise<boolean> {
  return (await describe(aws, group)).some(({ Status = '' }) => running.has(Status));
}

async function follow(runtime: Runtime, aws: Aws, group: Group, id: string): Promise<InstanceRefresh> {
  let lastLine = '';
  return await poll({
    what: `the instance refresh ${id} of ${group.name}`,
    pace: aws.pace,
    limitMs,
    signal: runtime.signal,
    check: async () => {
      const [refresh] = await describe(aws, group, id);
      if (refresh === undefined) return undefined;
      const line = progressLine(refresh);
      if (line !== lastLine) runtime.out.detail(line);
      lastLine = line;
      return running.has(refresh.Status ?? '') ? undefined : refresh;
    },
  });
}

function progressLine({ Status, StatusReason, PercentageComplete, InstancesToUpdate }: InstanceRefresh): string {
  const left = InstancesToUpdate === undefined ? '' : `, ${InstancesToUpdate} to go`;
  const reason = StatusReason === undefined || StatusReason === '' ? '' : `: ${StatusReason}`;
  return `${Status} ${PercentageComplete ?? 0} %${left}${reason}`;
}

async function describe(aws: Aws, group: Pick<Group, 'name'>, id?: string): Promise<InstanceRefresh[]> {
  const { DescribeInstanceRefreshesCommand } = await import('@aws-sdk/client-auto-scaling');
  const { InstanceRefreshes = [] } = await (await aws.autoScaling()).send(
    new DescribeInstanceRefreshesCommand({
      AutoScalingGroupName: group.name,
      ...(id === undefined ? {} : { InstanceRefreshIds: [id] }),
    }),
  );
  return InstanceRefreshes;
}

/** After a cancel, which is what gets reported: a failure here is a warning. */
async function rollBack({ out }: Runtime, aws: Aws, group: Group): Promise<void> {
  const { RollbackInstanceRefreshCommand } = await import('@aws-sdk/client-auto-scaling');
  try {
    await (await aws.autoScaling()).send(new RollbackInstanceRefreshCommand({ AutoScalingGroupName: group.name }));
    out.step(`${group.name}: Auto Scaling rolls the instance refresh back`);
  } catch (error) {
    out.warn(`cannot roll back the instance refresh of ${group.name}: ${messageOf(error)}`);
  }
}
