import type { Aws } from '../../aws/session.ts';
import { VendhostError } from '../../errors.ts';
import { approvalIn } from '../history/release.ts';
import { approvalWords } from '../history/release-words.ts';
import type { ReleasePipeline } from '../pipeline.ts';
import { readActions, readSnapshot } from '../snapshot.ts';

/** A requested approval, and who requests it. */
export interface Pending {
  readonly executionId: string;
  readonly stage: string;
  readonly action: string;
  /** Valid for this one question: a later one of the same stage has another. */
  readonly token: string;
  /** An execution that waits for this one to leave the stage. */
  readonly next: string | undefined;
}

/** What the approver was shown before; the waiting release must match it. */
export interface Asked {
  readonly execution: string | undefined;
  /** Key of the revision. */
  readonly revision: string | undefined;
}

/**
 * The approval that the pipeline waits for, if it does. A stage holds one execution, and the pipeline has one approval, so there is never
 * more than one (https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GetPipelineState.html).
 */
export async function readPending(aws: Aws, { name, approval }: ReleasePipeline): Promise<Pending | undefined> {
  if (approval === undefined) return undefined;
  const { GetPipelineStateCommand } = await import('@aws-sdk/client-codepipeline');
  const { stageStates = [] } = await (await aws.codePipeline()).send(new GetPipelineStateCommand({ name }));
  const stage = stageStates.find(({ stageName }) => stageName === approval.stage);
  const action = stage?.actionStates?.find(({ actionName }) => actionName === approval.action);
  const { token, status } = action?.latestExecution ?? {};
  const executionId = stage?.latestExecution?.pipelineExecutionId;
  if (token === undefined || executionId === undefined || status !== 'InProgress') return undefined;
  return { executionId, ...approval, token, next: stage?.inboundExecution?.pipelineExecutionId };
}

/**
 * The requested approval. Throws `NOTHING_WAITS` when there is none, `APPROVAL_STALE` when another execution waits than the one
 * that was shown.
 *
 * @param found what waits, if it was read already
 */
export async function requirePending(
  aws: Aws,
  pipeline: ReleasePipeline,
  { execution }: Pick<Asked, 'execution'>,
  found?: Pending,
): Promise<Pending> {
  const pending = found ?? (await readPending(aws, pipeline));
  if (pending !== undefined && (execution === undefined || execution === pending.executionId)) return pending;
  if (execution !== undefined) throw stale(await stateOf(aws, pipeline, execution), pending);
  const needs = pipeline.approval === undefined ? ': its releases need none' : '';
  throw new VendhostError('NOTHING_WAITS', `no release of ${pipeline.name} waits for an approval${needs}`, {
    hint: 'it was answered, or the release has not reached it: its job says what it waits for',
  });
}

/** @param what what is not as it was shown */
export function stale(what: string, pending: Pending | undefined): VendhostError {
  const now = pending === undefined ? 'no release waits now' : `${pending.executionId} waits now`;
  return new VendhostError('APPROVAL_STALE', `${what}: ${now}`, {
    hint: 'nothing was answered; `vendhost release waiting`, or a new pipeline of the approvals project, shows what waits',
  });
}

async function stateOf(aws: Aws, pipeline: ReleasePipeline, execution: string): Promise<string> {
  const snapshot = await readSnapshot(aws, pipeline, execution);
  if (snapshot === undefined) return `${pipeline.name} has no execution ${execution}`;
  const approval = approvalIn(snapshot.actions);
  if (approval?.outcome === 'rejected' || approval?.outcome === 'expired') {
    return `the execution ${execution} does not wait for an approval, its approval is ${approvalWords(approval)}`;
  }
  const status = snapshot.execution.status === 'InProgress' ? 'in progress' : snapshot.execution.status.toLowerCase();
  return `the execution ${execution} does not wait for an approval, it is ${status}`;
}

/** An answer, as CodePipeline gets it. */
export interface Answer {
  readonly status: 'Approved' | 'Rejected';
  readonly summary: string;
}

/**
 * Answers the approval. Throws `APPROVAL_STALE` when somebody else was faster; if the confirmation of an answer was lost, the approval's
 * state shows it.
 */
export async function putAnswer(aws: Aws, pipeline: ReleasePipeline, pending: Pending, answer: Answer): Promise<void> {
  const { ApprovalAlreadyCompletedException, InvalidApprovalTokenException, PutApprovalResultCommand } = await import(
    '@aws-sdk/client-codepipeline'
  );
  const { executionId, stage: stageName, action: actionName, token } = pending;
  const request = { pipelineName: pipeline.name, stageName, actionName, token, result: answer };
  try {
    await (await aws.codePipeline()).send(new PutApprovalResultCommand(request));
  } catch (error) {
    const isStale =
      error instanceof ApprovalAlreadyCompletedException || error instanceof InvalidApprovalTokenException;
    if (!isStale) throw error;
    const approval = (await readActions(aws, pipeline, executionId)).findLast(
      ({ category }) => category === 'Approval',
    );
    if (approval?.summary === answer.summary) return;
    const how = approval?.summary ?? approval?.updatedBy ?? '';
    throw stale(
      `the approval of ${executionId} was answered in the meantime${how && `: ${how}`}`,
      await readPending(aws, pipeline),
    );
  }
}
