import type { ActionExecutionDetail, PipelineExecution } from '@aws-sdk/client-codepipeline';
import type { Aws } from '../aws/session.ts';
import { type Deployment, readDeployment } from '../deployment/deployment.ts';
import type { TargetReasons } from './failure/target-health.ts';
import type { ReleasePipeline } from './pipeline.ts';

/** An action of one execution. Times are milliseconds since 1970. */
export interface Action {
  readonly stage: string;
  readonly name: string;
  readonly category: string;
  readonly provider: string;
  readonly status: string;
  readonly start: number;
  readonly update: number;
  /** Of a CodeDeploy action: the deployment. */
  readonly externalId?: string;
  readonly summary?: string;
  readonly updatedBy?: string;
  /** Of a source action that is done: key of the revision. */
  readonly revision?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** The state of a release at one moment. */
export interface Snapshot {
  readonly execution: { readonly id: string; readonly status: string; readonly summary?: string };
  /** Oldest first. */
  readonly actions: readonly Action[];
  readonly deployment?: Deployment;
  readonly rollback?: Deployment;
  /** An older execution that waits for an approval, so that this one cannot. */
  readonly behind?: { readonly id: string; readonly revision: string };
  /** Why the load balancer does not send requests to an instance; the last reason that was seen. */
  readonly health?: TargetReasons;
}

/**
 * Reads one execution with its actions and CodeDeploy's deployments; `undefined` when CodePipeline does not know it, as
 * for a moment after its start.
 */
export async function readSnapshot(
  aws: Aws,
  pipeline: ReleasePipeline,
  executionId: string,
): Promise<Snapshot | undefined> {
  // The status first: what is read later is at least as new, so an ended execution comes with all its events.
  const pipelineExecution = await readExecution(aws, pipeline, executionId);
  if (pipelineExecution === undefined) return undefined;
  const actions = await readActions(aws, pipeline, executionId);
  const deploymentId = actions.findLast(({ provider }) => provider === 'CodeDeploy')?.externalId;
  const deployment = deploymentId === undefined ? undefined : await readDeployment(aws, deploymentId);
  const rollbackId = deployment?.rollback?.id;
  const rollback = rollbackId === undefined ? undefined : await readDeployment(aws, rollbackId);
  const summary = pipelineExecution.statusSummary;
  return {
    execution: { id: executionId, status: pipelineExecution.status ?? '', ...(summary ? { summary } : {}) },
    actions,
    ...(deployment ? { deployment } : {}),
    ...(rollback ? { rollback } : {}),
  };
}

async function readExecution(aws: Aws, { name }: ReleasePipeline, id: string): Promise<PipelineExecution | undefined> {
  const { GetPipelineExecutionCommand, PipelineExecutionNotFoundException } = await import(
    '@aws-sdk/client-codepipeline'
  );
  const request = new GetPipelineExecutionCommand({ pipelineName: name, pipelineExecutionId: id });
  const answer = await (await aws.codePipeline()).send(request).catch((error: unknown) => {
    if (error instanceof PipelineExecutionNotFoundException) return undefined;
    throw error;
  });
  return answer?.pipelineExecution;
}

/** Every action of an execution, oldest first. */
export async function readActions(
  aws: Aws,
  pipeline: Pick<ReleasePipeline, 'name'>,
  executionId: string,
): Promise<Action[]> {
  const { paginateListActionExecutions } = await import('@aws-sdk/client-codepipeline');
  const query = { pipelineName: pipeline.name, filter: { pipelineExecutionId: executionId } };
  const found: ActionExecutionDetail[] = [];
  for await (const page of paginateListActionExecutions({ client: await aws.codePipeline() }, query)) {
    found.push(...(page.actionExecutionDetails ?? []));
  }
  return found.map(actionOf).toSorted((left, right) => left.start - right.start);
}

function actionOf(detail: ActionExecutionDetail): Action {
  const result = detail.output?.executionResult;
  return {
    stage: detail.stageName ?? '',
    name: detail.actionName ?? '',
    category: detail.input?.actionTypeId?.category ?? '',
    provider: detail.input?.actionTypeId?.provider ?? '',
    status: detail.status ?? '',
    start: detail.startTime?.getTime() ?? 0,
    update: detail.lastUpdateTime?.getTime() ?? 0,
    ...(result?.externalExecutionId ? { externalId: result.externalExecutionId } : {}),
    ...(result?.externalExecutionSummary ? { summary: result.externalExecutionSummary } : {}),
    ...(detail.output?.outputVariables?.ObjectKey ? { revision: detail.output.outputVariables.ObjectKey } : {}),
    ...(detail.updatedBy ? { updatedBy: detail.updatedBy } : {}),
    ...(result?.errorDetails
      ? { error: { code: result.errorDetails.code ?? '', message: result.errorDetails.message ?? '' } }
      : {}),
  };
}
