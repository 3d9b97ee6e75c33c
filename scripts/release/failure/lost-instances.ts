import type { Aws } from '../../aws/session.ts';
import type { InstanceDeployment } from '../../deployment/deployment.ts';
import { VendhostError } from '../../errors.ts';
import { duration } from '../../output.ts';
import { deploymentEnded, isOfFormerRevision } from '../lifecycle-events.ts';
import type { ReleasePipeline } from '../pipeline.ts';
import type { Snapshot } from '../snapshot.ts';
import type { HookLimits } from './hook-limits.ts';

/** What a deployment waits for: running scripts, or agents that have not started. */
export interface Wait {
  readonly deployment: string;
  readonly instances: readonly string[];
  /** The running event; without one no agent has started. */
  readonly event?: string;
  /** When it began, in milliseconds since 1970. */
  readonly since?: number;
}

/** What is known of a wait. */
export interface WaitFacts {
  /** Time without a sign of progress. */
  readonly quietMs: number;
  readonly limits: HookLimits;
}

/** An agent polls every second or so; one that has not started after this time does not run, or reaches nobody. */
const agentLimitMs = 5 * 60_000;
/** An agent has reported the end of its scripts at most this long after their limit. */
const lateMs = 2 * 60_000;

/**
 * The instances that a release waits for. CodeDeploy itself waits up to an hour for a script that ended with its instance, and for an agent that never
 * answers (https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html).
 */
export function waitOf({ deployment, rollback }: Snapshot): Wait | undefined {
  const running = rollback ?? deployment;
  if (running === undefined || deploymentEnded(running.status)) return undefined;
  const busy = running.targets.flatMap((target) => {
    const event = target.events.find(({ status }) => status === 'InProgress');
    return event === undefined ? [] : [{ instance: target.instance, event: event.name, since: event.start }];
  });
  const [first] = busy;
  if (first !== undefined) {
    const since = first.since === undefined ? {} : { since: first.since };
    return { deployment: running.id, instances: busy.map(({ instance }) => instance), event: first.event, ...since };
  }
  const idle = running.targets.filter(hasNotEnded).map(({ instance }) => instance);
  return idle.length === 0 ? undefined : { deployment: running.id, instances: idle };
}

function hasNotEnded({ status, events }: InstanceDeployment): boolean {
  return ['Pending', 'InProgress'].includes(status) || events.some((event) => event.status === 'Pending');
}

/**
 * Checks the instances that a silent release waits for in EC2 and Auto Scaling. Throws `INSTANCE_GONE` for one that no longer runs
 * or is about to leave, `AGENT_SILENT` when no agent has started for five minutes, or scripts run beyond their time limit.
 */
export async function checkWait(
  aws: Aws,
  pipeline: ReleasePipeline,
  wait: Wait,
  { quietMs, limits }: WaitFacts,
): Promise<void> {
  const { deployment, instances, event } = wait;
  const states = await readStates(aws, pipeline.group, instances);
  const gone = instances.filter((instance) => !lives(states.get(instance)));
  if (gone.length > 0) {
    const words = gone.map((instance) => `${instance} is ${states.get(instance) ?? 'gone'}`).join(', ');
    throw new VendhostError('INSTANCE_GONE', `${words}: ${event ?? 'the deployment'} cannot end there`, {
      details: [`deployment ${deployment} of ${pipeline.group}`],
      hint: 'Auto Scaling starts another instance, which gets the revision that was deployed last: retry the job then',
    });
  }
  const silence = silenceOf(wait, quietMs, limits, Date.now());
  if (silence === undefined) return;
  throw new VendhostError('AGENT_SILENT', silence, {
    details: [`deployment ${deployment} of ${pipeline.group}`],
    hint: 'replace the instance with `vendhost host replace --instance ID`, or all of them without --instance, then retry the job',
  });
}

/** Evidence that an agent has died; `undefined` while it may just be busy. The agent itself ends a script at its time limit. */
export function silenceOf(
  { instances, event, since }: Wait,
  quietMs: number,
  limits: HookLimits,
  now: number,
): string | undefined {
  const where = instances.join(', ');
  if (event === undefined) {
    return quietMs < agentLimitMs ? undefined : `no CodeDeploy agent has started for ${duration(quietMs)}: ${where}`;
  }
  const seconds = isOfFormerRevision(event) ? undefined : limits[event];
  if (seconds === undefined || since === undefined || now - since < seconds * 1000 + lateMs) return undefined;
  return `${event} has gone on for ${duration(now - since)}, and its scripts end after ${seconds} s: no CodeDeploy agent reports from ${where}`;
}

/** What a reader can do about an event that runs for minutes, and whose scripts' limit is unknown. */
export function adviceOf({ instances: [instance], event }: Wait, quietMs: number): string | undefined {
  if (event === undefined || quietMs < agentLimitMs) return undefined;
  return `if the script or the agent is dead, \`vendhost host replace --instance ${instance}\` ends this wait; CodeDeploy waits up to an hour`;
}

function lives(state: string | undefined): boolean {
  return state === 'running' || state === 'pending';
}

/** EC2's state of each instance, and Auto Scaling's where it takes the instance out. */
async function readStates(aws: Aws, group: string, instances: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const [{ paginateDescribeInstances }, { DescribeAutoScalingGroupsCommand }] = await Promise.all([
    import('@aws-sdk/client-ec2'),
    import('@aws-sdk/client-auto-scaling'),
  ]);
  const states = new Map<string, string>();
  // A filter, because an unknown id would be an error.
  const query = { Filters: [{ Name: 'instance-id', Values: [...instances] }] };
  for await (const page of paginateDescribeInstances({ client: await aws.ec2() }, query)) {
    for (const { InstanceId = '', State } of (page.Reservations ?? []).flatMap((each) => each.Instances ?? [])) {
      states.set(InstanceId, State?.Name ?? '');
    }
  }
  const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] });
  const { AutoScalingGroups = [] } = await (await aws.autoScaling()).send(command);
  for (const { InstanceId = '', LifecycleState = '' } of AutoScalingGroups[0]?.Instances ?? []) {
    if (LifecycleState.startsWith('Terminating') && states.has(InstanceId)) states.set(InstanceId, LifecycleState);
  }
  return states;
}
