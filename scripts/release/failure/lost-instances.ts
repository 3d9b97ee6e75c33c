import type { Aws } from '../../aws/session.ts';
import type { InstanceDeployment } from '../../deployment/deployment.ts';
import { type FailedEvent, failedEvents, failureLines } from '../../deployment/failed-events.ts';
import { VendhostError } from '../../errors.ts';
import { readGone } from '../../host/instances/gone.ts';
import { duration } from '../../output.ts';
import { deploymentEnded, isOfFormerRevision } from '../lifecycle-events.ts';
import type { ReleasePipeline } from '../pipeline.ts';
import type { Snapshot } from '../snapshot.ts';
import { isUnhealthy, readDepartures } from './departures.ts';
import type { HookLimits } from './hook-limits.ts';
import type { TargetReasons } from './target-health.ts';

/** What a deployment waits for: running scripts, or agents that have not started. */
export interface Wait {
  readonly deployment: string;
  readonly instances: readonly string[];
  /** The running event; without one no agent has started. */
  readonly event?: string;
  /** When it started, in milliseconds since 1970. */
  readonly since?: number;
  /** Why the load balancer does not send requests to the instances, one line each. */
  readonly reasons: readonly string[];
  /** The failure before a rollback: it must be shown however the rollback ends. */
  readonly failed: readonly FailedEvent[];
}

/** What is known about a wait. */
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
export function waitOf({ deployment, rollback, health }: Snapshot): Wait | undefined {
  const running = rollback ?? deployment;
  if (running === undefined || deploymentEnded(running.status)) return undefined;
  const failed = rollback === undefined || deployment === undefined ? [] : failedEvents(deployment);
  const busy = running.targets.flatMap((target) => {
    const event = target.events.find(({ status }) => status === 'InProgress');
    return event === undefined ? [] : [{ instance: target.instance, event: event.name, since: event.start }];
  });
  const [first] = busy;
  if (first !== undefined) {
    const since = first.since === undefined ? {} : { since: first.since };
    const instances = busy.map(({ instance }) => instance);
    const reasons = first.event === 'AllowTraffic' ? reasonsOf(instances, health) : [];
    return { deployment: running.id, instances, event: first.event, ...since, reasons, failed };
  }
  const instances = running.targets.filter(hasNotEnded).map(({ instance }) => instance);
  return instances.length === 0 ? undefined : { deployment: running.id, instances, reasons: [], failed };
}

function reasonsOf(instances: readonly string[], health: TargetReasons = {}): string[] {
  return instances.flatMap((instance) => (health[instance] === undefined ? [] : [`${instance}: ${health[instance]}`]));
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
  const gone = await readGone(aws, wait.instances, pipeline.group);
  if (gone.size > 0) {
    const departures = await readDepartures(aws, pipeline.group, [...gone.keys()]);
    throw instanceGone(pipeline, wait, { words: [...gone.values()].join(', '), departures });
  }
  const silence = silenceOf(wait, quietMs, limits, Date.now());
  if (silence === undefined) return;
  throw new VendhostError('AGENT_SILENT', silence, {
    details: detailsOf(wait, pipeline),
    hint: 'replace the instance with `vendhost host replace --instance ID`, or all of them without --instance, then retry the job',
  });
}

/** Instances that are gone, each with its state, and Auto Scaling's reasons. */
export interface Gone {
  readonly words: string;
  readonly departures: readonly string[];
}

export function instanceGone(pipeline: ReleasePipeline, wait: Wait, { words, departures }: Gone): VendhostError {
  return new VendhostError('INSTANCE_GONE', `${words}: ${wait.event ?? 'the deployment'} cannot end there`, {
    details: detailsOf(wait, pipeline, departures),
    hint: hintOfGone(wait, departures),
  });
}

function detailsOf({ deployment, reasons, failed }: Wait, { group }: ReleasePipeline, more: readonly string[] = []) {
  const what = failed.length === 0 ? 'deployment' : 'rollback';
  return [...failed.flatMap(failureLines), ...reasons, ...more, `${what} ${deployment} of ${group}`];
}

function hintOfGone({ reasons, failed }: Wait, departures: readonly string[]): string {
  if (failed.length > 0) return 'correct what failed first, as shown above, and push';
  if (reasons.length === 0 && !departures.some(isUnhealthy))
    return 'Auto Scaling starts another instance, which gets the revision that was deployed last: retry the job then';
  return (
    'it did not answer the health check, so Auto Scaling replaced it: have the software listen on the address of the instance and the port of ' +
    '/etc/vendhost/host.json, and answer health_check.path of vendhost.yml before ApplicationStart or ValidateService ends; then push'
  );
}

/** What says that an agent has died; `undefined` while it may just be busy. The agent itself ends a script at its time limit. */
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
