import { setTimeout as wait } from 'node:timers/promises';
import { nextWait } from '../aws/poll.ts';
import type { Aws } from '../aws/session.ts';
import type { Output } from '../output.ts';
import { readFollowed } from './approval/behind.ts';
import type { Run } from './follow.ts';
import { activityOf, deploymentEnded } from './lifecycle-events.ts';
import type { ReleasePipeline } from './pipeline.ts';
import { executionEnded } from './release-outcome.ts';
import { readSnapshot, type Snapshot } from './snapshot.ts';

/** The stop requests sent so far. */
export interface StopRequests {
  readonly execution?: 'wait' | 'abandon';
  readonly deployments: readonly string[];
}

export type StopStep =
  | { readonly kind: 'done' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'execution'; readonly how: 'wait' | 'abandon' }
  | { readonly kind: 'deployment'; readonly id: string };

/**
 * The next step to stop a release.
 *
 * First the execution is stopped (stop and wait), so that no further stage starts; then the deployment is stopped, because
 * CodePipeline would wait for it. An approval may wait for days: it is abandoned, like an execution that is `late`.
 * Whether a stopped deployment is rolled back is a setting of the deployment group; a rollback is awaited.
 */
export function nextStop(
  { execution, actions, deployment, rollback }: Snapshot,
  asked: StopRequests,
  late: boolean,
): StopStep {
  const isRunning = deployment !== undefined && !deploymentEnded(deployment.status);
  if (!executionEnded(execution.status)) {
    const approval = actions.some(({ category, status }) => category === 'Approval' && status === 'InProgress');
    const abandon = approval || (late && !isRunning);
    if (abandon && asked.execution !== 'abandon') return { kind: 'execution', how: 'abandon' };
    if (asked.execution === undefined) return { kind: 'execution', how: 'wait' };
  }
  if (isRunning && !asked.deployments.includes(deployment.id)) return { kind: 'deployment', id: deployment.id };
  const rollsBack = rollback !== undefined && !deploymentEnded(rollback.status);
  return executionEnded(execution.status) && !isRunning && !rollsBack ? { kind: 'done' } : { kind: 'wait' };
}

/** An execution of the pipeline, to be followed. */
export function executionRun(aws: Aws, pipeline: ReleasePipeline, id: string, out: Output): Run {
  return {
    id,
    read: () => readFollowed(aws, pipeline, id),
    stop: (why) => stopRelease(aws, pipeline, id, out, why),
  };
}

const limitMs = 5 * 60_000;
const lateMs = 20_000;

/** Stops an execution and its deployment, and waits until both have ended; warns when that takes too long. */
async function stopRelease(
  aws: Aws,
  pipeline: ReleasePipeline,
  executionId: string,
  out: Output,
  why = 'cancelled',
): Promise<void> {
  const start = Date.now();
  let asked: StopRequests = { deployments: [] };
  let waitMs = aws.pace.shortest;
  out.step(`${why}: stopping the execution ${executionId}`);
  for (;;) {
    const snapshot = (await readSnapshot(aws, pipeline, executionId)) ?? unseen(executionId);
    const step = nextStop(snapshot, asked, Date.now() - start > lateMs);
    if (step.kind === 'done') {
      out.step(`stopped: the execution ${executionId} has ended`);
      return;
    }
    const next = await take(aws, pipeline, executionId, step, asked);
    if (next !== undefined) {
      if (step.kind === 'deployment') out.detail(`stopping the deployment ${step.id}`);
      asked = next;
      waitMs = aws.pace.shortest;
    } else if (Date.now() - start > limitMs) {
      const { status } = snapshot.execution;
      out.warn(`gave up waiting for ${activityOf(snapshot)}: the execution ${executionId} is ${status}`);
      return;
    } else {
      await wait(waitMs);
      waitMs = nextWait(waitMs, false, aws.pace);
    }
  }
}

/** Sends the stop request of a step; returns all requests sent, or `undefined` when none was sent or AWS did not know the execution. */
async function take(aws: Aws, pipeline: ReleasePipeline, executionId: string, step: StopStep, asked: StopRequests) {
  if (step.kind === 'deployment') {
    await stopDeployment(aws, step.id);
    return { ...asked, deployments: [...asked.deployments, step.id] };
  }
  const isHeard = step.kind === 'execution' && (await stopExecution(aws, pipeline, executionId, step.how));
  return isHeard ? { ...asked, execution: step.how } : undefined;
}

/** A just started execution cannot always be read yet: stop it anyway. */
function unseen(id: string): Snapshot {
  return { execution: { id, status: 'InProgress' }, actions: [] };
}

/** An execution that has ended or is already stopping is fine. Returns false when CodePipeline does not know it yet. */
async function stopExecution(
  aws: Aws,
  { name }: ReleasePipeline,
  executionId: string,
  how: 'wait' | 'abandon',
): Promise<boolean> {
  const {
    DuplicatedStopRequestException,
    PipelineExecutionNotFoundException,
    PipelineExecutionNotStoppableException,
    StopPipelineExecutionCommand,
  } = await import('@aws-sdk/client-codepipeline');
  const request = { pipelineName: name, pipelineExecutionId: executionId, reason: 'the job was cancelled' };
  try {
    const client = await aws.codePipeline();
    await client.send(new StopPipelineExecutionCommand({ ...request, abandon: how === 'abandon' }));
    return true;
  } catch (error) {
    if (error instanceof PipelineExecutionNotFoundException) return false;
    const isFine =
      error instanceof DuplicatedStopRequestException || error instanceof PipelineExecutionNotStoppableException;
    if (!isFine) throw error;
    return true;
  }
}

/** Requests CodeDeploy to stop a deployment; one that has ended is fine. */
export async function stopDeployment(aws: Aws, deploymentId: string): Promise<void> {
  const { DeploymentAlreadyCompletedException, StopDeploymentCommand } = await import('@aws-sdk/client-codedeploy');
  await (await aws.codeDeploy()).send(new StopDeploymentCommand({ deploymentId })).catch((error: unknown) => {
    if (!(error instanceof DeploymentAlreadyCompletedException)) throw error;
  });
}
