import type { Deployment, InstanceDeployment, LifecycleEvent } from '../deployment/deployment.ts';
import { duration } from '../output.ts';
import type { Action, Snapshot } from './snapshot.ts';

/** What happened between two reads of a release, one line each, in the order a reader expects. */
export function linesBetween(before: Snapshot | undefined, after: Snapshot): string[] {
  return [
    ...after.actions.flatMap((action) => {
      const old = before?.actions.find((other) => isSame(action, other));
      const deployment = action.externalId === after.deployment?.id ? after.deployment : undefined;
      return [
        ...beginLines(old, action),
        ...(deployment ? deploymentLines('deployment', before?.deployment, deployment) : []),
        ...endLines(old, action),
      ];
    }),
    ...(after.rollback ? deploymentLines('rollback', before?.rollback, after.rollback) : []),
  ];
}

/** What a release is doing right now, for a line in a long silence and for a time limit. */
export function activityOf({ execution, actions, deployment, rollback, health }: Snapshot): string {
  const running = rollback ?? deployment;
  for (const target of running?.targets ?? []) {
    const event = target.events.find(({ status }) => status === 'InProgress');
    if (event === undefined) continue;
    const reason = event.name === 'AllowTraffic' ? health?.[target.instance] : undefined;
    return `${event.name} on ${target.instance}${reason === undefined ? '' : `: ${reason}`}`;
  }
  const action = actions.find(({ status }) => status === 'InProgress');
  if (action?.category === 'Approval') return `approval (${action.stage})`;
  if (action !== undefined) return `${action.stage}${action.externalId ? ` (${action.externalId})` : ''}`;
  return execution.status === 'Stopping' ? 'the execution to stop' : 'the execution to enter its next stage';
}

function isSame(left: Action, right: Action): boolean {
  return left.stage === right.stage && left.name === right.name && left.start === right.start;
}

function beginLines(old: Action | undefined, { stage, status, category }: Action): string[] {
  if (old !== undefined || category !== 'Approval' || status !== 'InProgress') return [];
  return [`${stage}: waiting for approval`];
}

function endLines(old: Action | undefined, action: Action): string[] {
  if (action.status === 'InProgress' || old?.status === action.status) return [];
  const took = duration(action.update - action.start);
  const end = `${action.stage}: ${action.status.toLowerCase()}, ${took}`;
  if (action.category === 'Approval') {
    const by = action.updatedBy ? `, by ${action.updatedBy}` : '';
    return [`${end}${by}${action.summary ? `: ${action.summary}` : ''}`];
  }
  return [end];
}

function deploymentLines(what: string, before: Deployment | undefined, after: Deployment): string[] {
  const old = before?.id === after.id ? before : undefined;
  const isNew = old === undefined;
  const executionEnded = deploymentEnded(after.status) && old?.status !== after.status;
  return [
    ...(isNew ? [`${what} ${after.id}: started`] : []),
    ...after.targets.flatMap((target) =>
      eventLines(
        old?.targets.find(({ instance }) => instance === target.instance),
        target,
      ),
    ),
    ...(executionEnded ? [`${what} ${after.id}: ${after.status.toLowerCase()}${tally(after)}`] : []),
    ...(after.rollback && !old?.rollback ? [rollbackLine(after.rollback)] : []),
  ];
}

function rollbackLine({ id, message }: { id?: string; message: string }): string {
  return id === undefined ? `no rollback: ${message}` : `CodeDeploy rolls back with ${id}: ${message}`;
}

function tally({ targets }: Deployment): string {
  const done = targets.filter(({ status }) => status === 'Succeeded').length;
  return targets.length === 0 ? '' : ` on ${done} of ${targets.length} instance${targets.length === 1 ? '' : 's'}`;
}

/** An event gets its line when it has ended; skipped ones get none. */
function eventLines(before: InstanceDeployment | undefined, after: InstanceDeployment): string[] {
  return after.events.flatMap((event) => {
    const old = before?.events.find(({ name }) => name === event.name);
    if (old?.status === event.status || !['Succeeded', 'Failed'].includes(event.status)) return [];
    return [
      `  ${after.instance.padEnd(19)}  ${event.name.padEnd(18)}  ${event.status.toLowerCase()}${tookOf(event)}${why(event)}`,
    ];
  });
}

function why({ status, error }: LifecycleEvent): string {
  if (status !== 'Failed' || error === undefined) return '';
  return `: ${[error.code, error.script].filter(Boolean).join(' ')}`;
}

function tookOf({ start, end }: LifecycleEvent): string {
  return start === undefined || end === undefined ? '' : `  ${duration(end - start)}`;
}

/**
 * Events whose scripts are those of the last revision that was deployed successfully, not of the one being deployed
 * (https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#reference-appspec-file-structure-hooks-availability).
 */
export function isOfFormerRevision(event: string): boolean {
  return ['ApplicationStop', 'BeforeBlockTraffic', 'AfterBlockTraffic'].includes(event);
}

/** True for the states of a deployment that nothing follows. */
export function deploymentEnded(status: string): boolean {
  return ['Succeeded', 'Failed', 'Stopped'].includes(status);
}
