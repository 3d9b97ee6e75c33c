import type {
  LifecycleEvent as AwsEvent,
  DeploymentTarget as AwsTarget,
  CodeDeployClient,
  RollbackInfo,
} from '@aws-sdk/client-codedeploy';
import type { Aws } from '../aws/session.ts';

/** A life-cycle event on one instance. Times are milliseconds since 1970. */
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

export interface InstanceDeployment {
  readonly instance: string;
  readonly status: string;
  readonly events: readonly LifecycleEvent[];
}

export interface Deployment {
  readonly id: string;
  readonly status: string;
  /** Milliseconds since 1970. */
  readonly start?: number;
  readonly end?: number;
  readonly targets: readonly InstanceDeployment[];
  /** It continues when scripts of the former revision fail. */
  readonly ignoresFormer?: boolean;
  readonly error?: { readonly code: string; readonly message: string };
  /** What CodeDeploy reports about its own rollback; without an id there is nothing to roll back to. */
  readonly rollback?: { readonly id?: string; readonly message: string };
}

/** Reads a deployment with every instance's events. */
export async function readDeployment(aws: Aws, deploymentId: string): Promise<Deployment> {
  const { GetDeploymentCommand } = await import('@aws-sdk/client-codedeploy');
  const { deploymentInfo } = await (await aws.codeDeploy()).send(new GetDeploymentCommand({ deploymentId }));
  const error = deploymentInfo?.errorInformation;
  const rollback = rollbackOf(deploymentInfo?.rollbackInfo);
  return {
    id: deploymentId,
    status: deploymentInfo?.status ?? '',
    ...(deploymentInfo?.createTime ? { start: deploymentInfo.createTime.getTime() } : {}),
    ...(deploymentInfo?.completeTime ? { end: deploymentInfo.completeTime.getTime() } : {}),
    targets: await readTargetsOf(aws, deploymentId),
    ...(deploymentInfo?.ignoreApplicationStopFailures ? { ignoresFormer: true } : {}),
    ...(error ? { error: { code: error.code ?? '', message: error.message ?? '' } } : {}),
    ...(rollback === undefined ? {} : { rollback }),
  };
}

/** A deployment that is a rollback has the id of the one that triggered it, and none for a rollback of its own. */
function rollbackOf(info: RollbackInfo | undefined): Deployment['rollback'] {
  const { rollbackDeploymentId: id, rollbackMessage: message, rollbackTriggeringDeploymentId: trigger } = info ?? {};
  if (id) return { id, message: message ?? '' };
  return message && !trigger ? { message } : undefined;
}

/** BatchGetDeploymentTargets takes 25 ids (https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeploymentTargets.html). */
const batchSize = 25;

/** The instances of a deployment with their events, sorted by their ids; all pages. */
export async function readTargetsOf(aws: Aws, deploymentId: string): Promise<InstanceDeployment[]> {
  const { BatchGetDeploymentTargetsCommand } = await import('@aws-sdk/client-codedeploy');
  const client = await aws.codeDeploy();
  const ids = await readTargetIds(client, deploymentId);
  const found: AwsTarget[] = [];
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

/** The instances of a deployment; none before it has started, when CodeDeploy returns an error. */
async function readTargetIds(client: CodeDeployClient, deploymentId: string): Promise<string[]> {
  const { DeploymentNotStartedException, ListDeploymentTargetsCommand } = await import('@aws-sdk/client-codedeploy');
  const ids: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client
      .send(new ListDeploymentTargetsCommand({ deploymentId, nextToken }))
      .catch((error: unknown) => {
        if (error instanceof DeploymentNotStartedException) return undefined;
        throw error;
      });
    ids.push(...(page?.targetIds ?? []));
    nextToken = page?.nextToken;
  } while (nextToken);
  return ids;
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
