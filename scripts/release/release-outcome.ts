import type { Deployment } from '../deployment/deployment.ts';
import { type FailedEvent, failedEvents, failureLines } from '../deployment/failed-events.ts';
import { messageOf, VendhostError } from '../errors.ts';
import { type FailedHost, failureHint } from './failure/failure-hint.ts';
import { deploymentEnded, isOfFormerRevision } from './lifecycle-events.ts';
import { consoleUrl, type ReleasePipeline } from './pipeline.ts';
import type { Action, Snapshot } from './snapshot.ts';

/** How an execution ended, or that it waits for a person's decision. */
export type Outcome =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'superseded'; readonly summary: string }
  | { readonly kind: 'stopped'; readonly summary: string }
  | { readonly kind: 'rejected'; readonly action: Action }
  | { readonly kind: 'failed'; readonly action: Action | undefined };

/**
 * The outcome of an execution, or nothing while it, its deployment or a rollback is in progress. One that waits for an approval has an outcome
 * too: a person may take a week.
 */
export function releaseOutcome({ execution, actions, deployment, rollback, behind }: Snapshot): Outcome | undefined {
  if (!executionEnded(execution.status)) {
    const isAsked = actions.some(({ category, status }) => category === 'Approval' && status === 'InProgress');
    const isWaiting = execution.status === 'InProgress' && (isAsked || behind !== undefined);
    return isWaiting ? { kind: 'waiting' } : undefined;
  }
  if ([deployment, rollback].some((one) => one !== undefined && !deploymentEnded(one.status))) return undefined;
  const summary = execution.summary ?? '';
  if (execution.status === 'Succeeded') return { kind: 'succeeded' };
  if (execution.status === 'Superseded') return { kind: 'superseded', summary };
  if (execution.status !== 'Failed') return { kind: 'stopped', summary };
  const action = actions.findLast(({ status }) => status === 'Failed');
  return action?.category === 'Approval' ? { kind: 'rejected', action } : { kind: 'failed', action };
}

/** True for the states of an execution that nothing follows (https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineExecution.html). */
export function executionEnded(status: string): boolean {
  return ['Succeeded', 'Failed', 'Superseded', 'Stopped', 'Cancelled'].includes(status);
}

/** The error of an execution that did not deploy the revision; superseded and waiting are none. */
export function errorOf(
  pipeline: ReleasePipeline,
  host: FailedHost,
  outcome: Outcome,
  snapshot: Snapshot,
): VendhostError | undefined {
  if (outcome.kind === 'succeeded' || outcome.kind === 'superseded' || outcome.kind === 'waiting') return undefined;
  const { id } = snapshot.execution;
  if (outcome.kind === 'stopped') {
    const why = outcome.summary === '' ? '' : `: ${outcome.summary}`;
    return new VendhostError('RELEASE_STOPPED', `the execution ${id} of ${pipeline.name} was stopped${why}`, {
      hint: 'retry the job to release the revision after all',
    });
  }
  if (outcome.kind === 'rejected') {
    const { updatedBy, summary, error } = outcome.action;
    if (updatedBy === undefined) {
      const why = error?.message ? `: ${messageOf(error.message)}` : '';
      return new VendhostError('RELEASE_REJECTED', `nobody answered the approval of ${id} in time${why}`, {
        hint: 'nothing was deployed; retry the job: it asks again',
      });
    }
    const by = ` by ${updatedBy}`;
    return new VendhostError(
      'RELEASE_REJECTED',
      `the release was not approved${by}: ${summary ?? error?.message ?? ''}`,
      {
        hint: 'nothing was deployed; fix what the approver names and push',
      },
    );
  }
  return failure(pipeline, host, outcome.action, snapshot);
}

const formerRevision =
  'ApplicationStop, BeforeBlockTraffic and AfterBlockTraffic run from the revision that was released before, not from this one';

function failure(
  pipeline: ReleasePipeline,
  host: FailedHost,
  action: Action | undefined,
  snapshot: Snapshot,
): VendhostError {
  const { deployment, rollback } = snapshot;
  const failed = deployment === undefined ? [] : decisiveEvents(deployment);
  if (deployment === undefined || failed.length === 0) {
    const why =
      deployment?.error?.message ?? action?.error?.message ?? snapshot.execution.summary ?? 'no reason is given';
    return new VendhostError('RELEASE_FAILED', `${action?.stage ?? pipeline.name} failed: ${messageOf(why)}`, {
      details: deployment === undefined ? [] : [`deployment ${deployment.id} of ${pipeline.group}`],
      hint: `retry the job; if it fails again, ask the platform team to look at ${consoleUrl(pipeline)}`,
    });
  }
  const events = [...new Set(failed.map(({ event }) => event.name))].join(', ');
  const where = `${failed.length} of ${deployment.targets.length} instance${deployment.targets.length === 1 ? '' : 's'}`;
  return new VendhostError('RELEASE_FAILED', `${events} failed on ${where} of ${pipeline.group}`, {
    details: [
      ...failed.flatMap((each) => describe(each, snapshot)),
      ...(failed.some(({ event }) => isOfFormerRevision(event.name)) ? [formerRevision] : []),
      ...rollbackWords(failed, rollback),
    ],
    hint: failureHint(host, failed),
  });
}

/** An event that failed, and for one that waits for the load balancer the load balancer's reason. */
function describe(failed: FailedEvent, { health = {} }: Snapshot): string[] {
  const reason = failed.event.name === 'AllowTraffic' ? health[failed.instance] : undefined;
  return [...failureLines(failed), ...(reason === undefined ? [] : [`  ${reason}`])];
}

/** The events that made a deployment fail. */
function decisiveEvents(deployment: Deployment): FailedEvent[] {
  const failed = failedEvents(deployment);
  return deployment.ignoresFormer ? failed.filter(({ event }) => !isOfFormerRevision(event.name)) : failed;
}

function rollbackWords(former: readonly FailedEvent[], rollback: Deployment | undefined): string[] {
  if (rollback === undefined) return [];
  const failed = failedEvents(rollback).map(
    ({ instance, event }) =>
      `  ${instance} ${event.name} failed too${sameScript(former, event)}: the instance is not in service`,
  );
  return [
    `rollback ${rollback.id}: ${rollback.status.toLowerCase()}, to the revision that was deployed last`,
    ...failed,
  ];
}

function sameScript(former: readonly FailedEvent[], { name, error }: FailedEvent['event']): string {
  const script = error?.script ?? '';
  const isSame = former.some(({ event }) => event.name === name && event.error?.script === script);
  return script !== '' && isSame ? `, on the same script ${script}` : '';
}
