import type { DeploymentInfo, RevisionLocation } from '@aws-sdk/client-codedeploy';
import type { PipelineExecutionSummary } from '@aws-sdk/client-codepipeline';
import { poll } from '../aws/poll.ts';
import type { Aws } from '../aws/session.ts';
import { isWithoutHost } from '../deployment/without-host.ts';
import { VendhostError } from '../errors.ts';
import { isUploaded } from '../revision/upload.ts';
import { type Deployed, type Execution, isUnderway, type ReleasedRevision, type State } from './decision.ts';
import { pastExecution } from './past-failed-stop.ts';
import type { ReleasePipeline } from './pipeline.ts';
import { readActions } from './snapshot.ts';

/** An execution fetches its source within seconds; one that takes longer (a queue) counts as one for another revision. */
const sourceLimitMs = 30_000;

/** Finds the revision in the bucket; throws `REVISION_MISSING`. */
export async function readRevision(
  aws: Aws,
  bucket: string,
  key: string,
  signal: AbortSignal,
): Promise<ReleasedRevision> {
  if (!(await isUploaded(aws, { bucket, key }, signal))) {
    throw new VendhostError('REVISION_MISSING', `no revision ${key} in ${bucket}`, {
      hint: 'run the job package of the pipeline of its commit again, or start a pipeline by hand on the branch: it uploads the revision',
    });
  }
  const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
  const head = new HeadObjectCommand({ Bucket: bucket, Key: key });
  const { VersionId } = await (await aws.s3()).send(head, { abortSignal: signal });
  return { key, version: VersionId };
}

/** Reads the pipeline's history back to its last success, and what the instances have. */
export async function readState(aws: Aws, pipeline: ReleasePipeline, signal: AbortSignal): Promise<State> {
  const executions = await readSettled(aws, pipeline, signal);
  return { executions, deployed: await readDeployed(aws, pipeline, executions) };
}

/** The history, read when every execution in progress has reported its revision or had time to. */
async function readSettled(aws: Aws, pipeline: ReleasePipeline, signal: AbortSignal): Promise<Execution[]> {
  let last: Execution[] = [];
  const settled = async () => {
    last = await readExecutions(aws, pipeline);
    return last.some((execution) => isUnderway(execution) && execution.version === undefined) ? undefined : last;
  };
  const what = `the source of an execution of ${pipeline.name}`;
  const waiting = { what, pace: aws.pace, limitMs: sourceLimitMs, signal, check: settled };
  return await poll(waiting).catch((error: unknown) => {
    if (error instanceof VendhostError && error.code === 'TIMED_OUT') return last;
    throw error;
  });
}

async function readExecutions(aws: Aws, pipeline: ReleasePipeline): Promise<Execution[]> {
  const { paginateListPipelineExecutions } = await import('@aws-sdk/client-codepipeline');
  const found: Execution[] = [];
  const client = await aws.codePipeline();
  for await (const page of paginateListPipelineExecutions({ client, pageSize: 50 }, { pipelineName: pipeline.name })) {
    found.push(...(page.pipelineExecutionSummaries ?? []).map((summary) => executionOf(pipeline, summary)));
    if (found.some(({ status }) => status === 'Succeeded')) break;
  }
  return found;
}

function executionOf(pipeline: ReleasePipeline, summary: PipelineExecutionSummary): Execution {
  const source = summary.sourceRevisions?.find(({ actionName }) => actionName === pipeline.source);
  return { id: summary.pipelineExecutionId ?? '', status: summary.status ?? '', version: source?.revisionId };
}

/**
 * The group runs what an execution deployed when both the last attempted and the last successful deployment put that
 * execution's artifact on the instances: the execution's own deployment, one that ignored failures of the former revision, or a rollback to it. After a failed deployment
 * of another revision some instances may run that one, so the revision is unknown. Without a virtual host there is none.
 */
export async function readDeployed(
  aws: Aws,
  pipeline: ReleasePipeline,
  executions: readonly Execution[],
): Promise<Deployed | undefined> {
  const { BatchGetDeploymentsCommand, GetDeploymentGroupCommand } = await import('@aws-sdk/client-codedeploy');
  const client = await aws.codeDeploy();
  const { deploymentGroupInfo: group } = await client
    .send(new GetDeploymentGroupCommand({ applicationName: pipeline.application, deploymentGroupName: pipeline.group }))
    .catch((error: unknown) => {
      if (isWithoutHost(error)) return { deploymentGroupInfo: undefined };
      throw error;
    });
  const attempted = group?.lastAttemptedDeployment?.deploymentId;
  const succeeded = group?.lastSuccessfulDeployment?.deploymentId;
  if (attempted === undefined || succeeded === undefined) return undefined;
  const read = async (deploymentIds: string[]) =>
    (await client.send(new BatchGetDeploymentsCommand({ deploymentIds }))).deploymentsInfo ?? [];
  const lastIds = [...new Set([attempted, succeeded])];
  const last = await read(lastIds);
  const past = pastExecution(last.find(({ deploymentId }) => deploymentId === succeeded)?.description);
  if (past !== undefined) {
    const execution = executions.find(({ id }) => id === past);
    if (execution === undefined || !areSame(lastIds, last)) return undefined;
    return { executionId: past, deploymentId: succeeded, version: execution.version };
  }
  const success = executions.find(({ status }) => status === 'Succeeded');
  const actions = success === undefined ? [] : await readActions(aws, pipeline, success.id);
  const own = actions.find(({ provider }) => provider === 'CodeDeploy')?.externalId;
  if (success === undefined || own === undefined) return undefined;
  const ids = [...new Set([own, ...lastIds])];
  if (!areSame(ids, lastIds.includes(own) ? last : [...last, ...(await read([own]))])) return undefined;
  return { executionId: success.id, deploymentId: succeeded, version: success.version };
}

/** True when all these deployments deployed the same artifact and none failed. */
export function areSame(ids: readonly string[], found: readonly DeploymentInfo[]): boolean {
  const places = new Set(found.map(({ revision }) => placeOf(revision)));
  const failed = found.some(({ status }) => status === 'Failed' || status === 'Stopped');
  return found.length === ids.length && places.size === 1 && !places.has(undefined) && !failed;
}

function placeOf(revision: RevisionLocation | undefined): string | undefined {
  const location = revision?.s3Location;
  return location === undefined
    ? undefined
    : JSON.stringify([location.bucket, location.key, location.version, location.eTag]);
}
