import { messageOf, VendhostError } from '../errors.ts';
import type { Deployment } from './deployment.ts';
import { deploymentEnded } from './lifecycle-events.ts';
import { consoleUrl, type ReleasePipeline } from './pipeline.ts';
import type { Action, Snapshot } from './snapshot.ts';

/** How an execution ended. */
export type Outcome =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'superseded'; readonly summary: string }
  | { readonly kind: 'stopped'; readonly summary: string }
  | { readonly kind: 'rejected'; readonly action: Action }
  | { readonly kind: 'failed'; readonly action: Action | undefined };

/** The outcome of an execution, or nothing while it, its deployment or a rollback goes on. */
export function releaseOutcome({ execution, actions, deployment, rollback }: Snapshot): Outcome | undefined {
  if (!executionEnded(execution.status)) return undefined;
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

/** The error of an execution that did not deploy the revision; superseded is not an error. */
export function errorOf(pipeline: ReleasePipeline, outcome: Outcome, snapshot: Snapshot): VendhostError | undefined {
  if (outcome.kind === 'succeeded' || outcome.kind === 'superseded') return undefined;
  const { id } = snapshot.execution;
  if (outcome.kind === 'stopped') {
    const why = outcome.summary === '' ? '' : `: ${outcome.summary}`;
    return new VendhostError('RELEASE_STOPPED', `the execution ${id} of ${pipeline.name} was stopped${why}`, {
      hint: 'retry the job to release the revision after all',
    });
  }
  if (outcome.kind === 'rejected') {
    const { updatedBy, summary, error } = outcome.action;
    const by = updatedBy === undefined ? '' : ` by ${updatedBy}`;
    return new VendhostError(
      'RELEASE_REJECTED',
      `the release was not approved${by}: ${summary ?? error?.message ?? ''}`,
      {
        hint: 'nothing was deployed; fix what the approver names and push',
      },
    );
  }
  return failure(pipeline, outcome.action, snapshot);
}

function failure(pipeline: ReleasePipeline, action: Action | undefined, snapshot: Snapshot): VendhostError {
  const { deployment, rollback } = snapshot;
  const failed = deployment === undefined ? [] : failedEvents(deployment);
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
    details: [...failed.flatMap(describe), ...rollbackWords(rollback)],
    hint: hintFor(failed.map(({ event }) => event.error?.message ?? '')),
  });
}

/** What to do about the agent's own messages, which name no script's fault; otherwise the script is to be fixed. */
function hintFor(messages: readonly string[]): string {
  if (messages.some((message) => message.includes('already exists at this location'))) {
    return 'write file_exists_behavior: OVERWRITE at the top of appspec.yml, or remove the file in a BeforeInstall script; then push';
  }
  if (messages.some((message) => /failed to close STD(OUT|ERR)/.test(message))) {
    return 'the script left a process in the background that keeps its output open: add > FILE 2>&1 before the &, and push';
  }
  return 'fix the script and push; the platform team finds the whole log on the instance, in /opt/codedeploy-agent/deployment-root/deployment-logs';
}

function failedEvents({ targets }: Deployment) {
  return targets.flatMap(({ instance, events }) =>
    events.filter(({ status }) => status === 'Failed').map((event) => ({ instance, event })),
  );
}

function describe({ instance, event }: ReturnType<typeof failedEvents>[number]): string[] {
  const { code, script, message, logTail } = event.error ?? { code: '', script: '', message: '', logTail: '' };
  const head = [`${instance} ${event.name}`, [code, script].filter(Boolean).join(' '), messageOf(message)];
  const tail = logTail.trimEnd();
  return [head.filter(Boolean).join(': '), ...(tail === '' ? [] : tail.split('\n').map((line) => `  ${line}`))];
}

function rollbackWords(rollback: Deployment | undefined): string[] {
  if (rollback === undefined) return [];
  return [`rollback ${rollback.id}: ${rollback.status.toLowerCase()}, to the revision that was deployed last`];
}
