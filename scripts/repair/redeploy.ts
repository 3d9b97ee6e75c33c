import { randomUUID } from 'node:crypto';
import type { DeploymentInfo, RevisionLocation } from '@aws-sdk/client-codedeploy';
import { answered } from '../aws/answers.ts';
import { isUnknownOutcome, sendOnce } from '../aws/calls/send-once.ts';
import type { Aws } from '../aws/session.ts';
import { VendhostError } from '../errors.ts';
import type { Output } from '../output.ts';
import { deploymentRun } from '../release/deployment-run.ts';
import type { Run } from '../release/follow.ts';
import { deploymentEnded } from '../release/lifecycle-events.ts';
import type { ReleasePipeline } from '../release/pipeline.ts';

/** How the descriptions of these deployments begin. */
const restarts = 'restart: the revision of ';

/** The deployment that put the software on the instances. */
export interface Running {
  readonly deploymentId: string;
  readonly revision: RevisionLocation;
}

/**
 * Starts the deployment, or finds the requested one: that of a call whose response was lost, by its description, or a restart that a killed
 * job started. Without the signal: after an aborted call nobody would know whether the deployment started.
 */
export async function beginRedeploy(aws: Aws, pipeline: ReleasePipeline, running: Running, out: Output): Promise<Run> {
  const { CreateDeploymentCommand, DeploymentLimitExceededException } = await import('@aws-sdk/client-codedeploy');
  const { application, group } = pipeline;
  const description = `${restarts}${running.deploymentId}, ${randomUUID()}`;
  const command = new CreateDeploymentCommand({
    applicationName: application,
    deploymentGroupName: group,
    revision: running.revision,
    description,
  });
  const client = await aws.codeDeploy();
  try {
    const { deploymentId } = await sendOnce(command, `restart ${group}`, () => client.send(command));
    return deploymentRun(aws, answered(deploymentId, 'CodeDeploy CreateDeployment', 'an id'), out);
  } catch (error) {
    const isBusy = error instanceof DeploymentLimitExceededException;
    if (!isBusy && !isUnknownOutcome(error)) throw error;
    const begun = await findBegun(aws, pipeline, description);
    if (begun !== undefined) return deploymentRun(aws, begun, out);
    if (!isBusy) throw error;
    throw deploymentUnderway(group, error.message, error);
  }
}

function deploymentUnderway(group: string, which: string, cause?: Error): VendhostError {
  return new VendhostError('DEPLOYMENT_UNDERWAY', `${group} has a deployment in progress: ${which}`, {
    hint: 'wait for the release, which restarts the software too',
    ...(cause && { cause }),
  });
}

/** The newest deployment of the group, if it is the one with this description, or another restart in progress: CodeDeploy does one at a time. */
async function findBegun(
  aws: Aws,
  { application, group }: ReleasePipeline,
  description: string,
): Promise<string | undefined> {
  const { GetDeploymentCommand, GetDeploymentGroupCommand } = await import('@aws-sdk/client-codedeploy');
  const client = await aws.codeDeploy();
  const asked = new GetDeploymentGroupCommand({ applicationName: application, deploymentGroupName: group });
  const id = (await client.send(asked)).deploymentGroupInfo?.lastAttemptedDeployment?.deploymentId;
  if (id === undefined) return undefined;
  const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId: id }));
  return isMeant(deploymentInfo ?? {}, description) ? id : undefined;
}

/** Whether a deployment is the one with this description, or another restart in progress. */
export function isMeant(found: Pick<DeploymentInfo, 'status' | 'description'>, description: string): boolean {
  return found.description === description || (isRestart(found) && !deploymentEnded(found.status ?? ''));
}

function isRestart({ description = '' }: Pick<DeploymentInfo, 'description'>): boolean {
  return description.startsWith(restarts);
}

/** A restart is followed, and a new instance that gets its revision needs nobody to wait. */
function isInTheWay(found: Pick<DeploymentInfo, 'description' | 'creator'>): boolean {
  return !isRestart(found) && found.creator !== 'autoscaling';
}

/**
 * The last deployment that succeeded, or that CodeDeploy rolled back to; throws `NOTHING_RELEASED` if there is none, and `DEPLOYMENT_UNDERWAY` while
 * another one goes on that is no restart.
 */
export async function readRunning(aws: Aws, { application, group }: ReleasePipeline): Promise<Running> {
  const { GetDeploymentCommand, GetDeploymentGroupCommand } = await import('@aws-sdk/client-codedeploy');
  const client = await aws.codeDeploy();
  const { deploymentGroupInfo } = await client.send(
    new GetDeploymentGroupCommand({ applicationName: application, deploymentGroupName: group }),
  );
  const { lastSuccessfulDeployment, lastAttemptedDeployment } = deploymentGroupInfo ?? {};
  const read = async (id: string) =>
    (await client.send(new GetDeploymentCommand({ deploymentId: id }))).deploymentInfo ?? {};
  const { deploymentId: attempted = '', status = '' } = lastAttemptedDeployment ?? {};
  if (attempted !== '' && !deploymentEnded(status) && isInTheWay(await read(attempted))) {
    throw deploymentUnderway(group, attempted);
  }
  const deploymentId = lastSuccessfulDeployment?.deploymentId;
  const found = deploymentId && (await read(deploymentId)).revision;
  if (deploymentId && found) return { deploymentId, revision: found };
  throw new VendhostError(
    'NOTHING_RELEASED',
    `no release of ${group} has succeeded yet: there is no software to restart`,
    {
      hint: 'release a revision first; `vendhost host replace` gives the host new instances',
    },
  );
}
