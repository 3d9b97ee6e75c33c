import type { LifecycleEvent as AwsEvent, DeploymentTarget } from '@aws-sdk/client-codedeploy';
import type { ActionExecutionDetail } from '@aws-sdk/client-codepipeline';
import type { Aws } from '../aws/session.ts';
import type { Pipeline } from './pipeline.ts';

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
  readonly error?: { readonly code: string; readonly message: string };
}

/** A life-cycle event on one instance. */
export interface LifecycleEvent {
  readonly name: string;
  readonly status: string;
  readonly start?: number;
  readonly end?: number;
  readonly error?: {
    readonly code: string;
    readonly script: string;
    readonly message: string;
    readonly logTail: string;
  };
}

export interface Target {
  readonly instance: string;
  readonly status: string;
  readonly events: readonly LifecycleEvent[];
}

export interface Deployment {
  readonly id: string;
  readonly status: string;
  readonly targets: readonly Target[];
  readonly error?: { readonly code: string; readonly message: string };
  /** What CodeDeploy says of its own rollback; without an id there is nothing it could roll back to. */
  readonly rollback?: { readonly id?: string; readonly message: string };
}

/** All there is to see of a release at one moment. */
export interface Snapshot {
  readonly execution: { readonly id: string; readonly status: string; readonly summary?: string };
  /** Oldest first. */
  readonly actions: readonly Action[];
  readonly deployment?: Deployment;
  readonly rollback?: Deployment;
}

/** Reads one execution with its actions and what CodeDeploy does for it. */
export async function readSnapshot(aws: Aws, pipeline: Pipeline, executionId: string): Promise<Snapshot> {
  const { GetPipelineExecutionCommand } = await import('@aws-sdk/client-codepipeline');
  const client = await aws.codePipeline();
  const request = new GetPipelineExecutionCommand({ pipelineName: pipeline.name, pipelineExecutionId: executionId });
  // The status first: what is read after it is at least as new, so an ended execution comes with all its events.
  const { pipelineExecution } = await client.send(request);
  const actions = await readActions(aws, pipeline, executionId);
  const deploymentId = actions.findLast(({ provider }) => provider === 'CodeDeploy')?.externalId;
  const deployment = deploymentId === undefined ? undefined : await readDeployment(aws, deploymentId);
  const rollbackId = deployment?.rollback?.id;
  const rollback = rollbackId === undefined ? undefined : await readDeployment(aws, rollbackId);
  const summary = pipelineExecution?.statusSummary;
  return {
    execution: { id: executionId, status: pipelineExecution?.status ?? '', ...(summary ? { summary } : {}) },
    actions,
    ...(deployment ? { deployment } : {}),
    ...(rollback ? { rollback } : {}),
  };
}

/** Every action of an execution, oldest first. */
export async function readActions(aws: Aws, pipeline: Pipeline, executionId: string): Promise<Action[]> {
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
    ...(detail.updatedBy ? { updatedBy: detail.updatedBy } : {}),
    ...(result?.errorDetails
      ? { error: { code: result.errorDetails.code ?? '', message: result.errorDetails.message ?? '' } }
      : {}),
  };
}

async function readDeployment(aws: Aws, deploymentId: string): Promise<Deployment> {
  const { GetDeploymentCommand } = await import('@aws-sdk/client-codedeploy');
  const { deploymentInfo } = await (await aws.codeDeploy()).send(new GetDeploymentCommand({ deploymentId }));
  const error = deploymentInfo?.errorInformation;
  const rollback = deploymentInfo?.rollbackInfo;
  const hasRollback = rollback?.rollbackDeploymentId || rollback?.rollbackMessage;
  return {
    id: deploymentId,
    status: deploymentInfo?.status ?? '',
    targets: await readTargets(aws, deploymentId),
    ...(error ? { error: { code: error.code ?? '', message: error.message ?? '' } } : {}),
    ...(hasRollback
      ? {
          rollback: {
            ...(rollback?.rollbackDeploymentId ? { id: rollback.rollbackDeploymentId } : {}),
            message: rollback?.rollbackMessage ?? '',
          },
        }
      : {}),
  };
}

/** BatchGetDeploymentTargets takes 25 ids (https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeploymentTargets.html). */
const batchSize = 25;

async function readTargets(aws: Aws, deploymentId: string): Promise<Target[]> {
  const { BatchGetDeploymentTargetsCommand, ListDeploymentTargetsCommand } = await import('@aws-sdk/client-codedeploy');
  const client = await aws.codeDeploy();
  const ids: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new ListDeploymentTargetsCommand({ deploymentId, nextToken }));
    ids.push(...(page.targetIds ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  const found: DeploymentTarget[] = [];
  for (let at = 0; at < ids.length; at += batchSize) {
    const targetIds = ids.slice(at, at + batchSize);
    const batch = await client.send(new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds }));
    found.push(...(batch.deploymentTargets ?? []));
  }
  return found
    .flatMap(({ instanceTarget: target }) => target ?? [])
    .map(({ targetId, status, lifecycleEvents }) => ({
      instance: instanceId(targetId ?? ''),
      status: status ?? '',
      events: (lifecycleEvents ?? []).map(eventOf),
    }))
    .toSorted((left, right) => (left.instance < right.instance ? -1 : 1));
}

/** CodeDeploy names an instance by its id or its ARN. */
function instanceId(target: string): string {
  return target.slice(target.lastIndexOf('/') + 1);
}

function eventOf(event: AwsEvent): LifecycleEvent {
  const { diagnostics } = event;
  const hasError = diagnostics?.errorCode !== undefined && diagnostics.errorCode !== 'Success';
  return {
    name: event.lifecycleEventName ?? '',
    status: event.status ?? '',
    ...(event.startTime ? { start: event.startTime.getTime() } : {}),
    ...(event.endTime ? { end: event.endTime.getTime() } : {}),
    ...(hasError
      ? {
          error: {
            code: diagnostics?.errorCode ?? '',
            script: diagnostics?.scriptName ?? '',
            message: diagnostics?.message ?? '',
            logTail: diagnostics?.logTail ?? '',
          },
        }
      : {}),
  };
}
