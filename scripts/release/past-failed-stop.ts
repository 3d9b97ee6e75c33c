import { setTimeout as wait } from 'node:timers/promises';
import type { Aws } from '../aws/session.ts';
import { readDeployment } from '../deployment/deployment.ts';
import { failedEvents } from '../deployment/failed-events.ts';
import type { Output } from '../output.ts';
import type { Run } from './follow.ts';
import { deploymentEnded, isOfFormerRevision } from './lifecycle-events.ts';
import type { ReleasePipeline } from './pipeline.ts';
import type { Snapshot } from './snapshot.ts';
import { stopDeployment } from './stop.ts';

/** True when nothing failed but scripts of the revision that was there before: no push corrects these. */
export function onlyFormerFailed({ deployment }: Snapshot): boolean {
  const failed = deployment === undefined ? [] : failedEvents(deployment);
  return failed.length > 0 && failed.every(({ event }) => isOfFormerRevision(event.name));
}

/**
 * Deploys once more what a deployment of the pipeline has failed to deploy, past failures of the former revision's scripts. It is the artifact
 * of an execution that has passed the approval, if there is one. CodePipeline's action has no such setting, CodeDeploy has
 * (https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeployment.html). Needs `codedeploy:CreateDeployment`, which the
 * role of jobs has only where releases need no approval.
 */
export async function deployPast(
  aws: Aws,
  { application, group }: ReleasePipeline,
  { execution, deployment }: Snapshot,
  out: Output,
): Promise<Run> {
  const { CreateDeploymentCommand, GetDeploymentCommand } = await import('@aws-sdk/client-codedeploy');
  const client = await aws.codeDeploy();
  const { deploymentInfo: failed } = await client.send(new GetDeploymentCommand({ deploymentId: deployment?.id }));
  const { deploymentId: id = '' } = await client.send(
    new CreateDeploymentCommand({
      applicationName: application,
      deploymentGroupName: group,
      revision: failed?.revision,
      ignoreApplicationStopFailures: true,
      description: pastDescription(execution.id),
    }),
  );
  return {
    id,
    read: () => readAlone(aws, id),
    stop: async (why = 'cancelled') => {
      out.step(`${why}: stopping the deployment ${id}`);
      await stopDeployment(aws, id);
      const { status } = await ended(aws, id);
      out.step(`stopped: the deployment ${id} is ${status.toLowerCase()}`);
    },
  };
}

const marker = 'past failed scripts of the former revision: execution ';

function pastDescription(execution: string): string {
  return `${marker}${execution}`;
}

/** The execution whose artifact a deployment past failures has put on the instances. */
export function pastExecution(description: string | undefined): string | undefined {
  return description?.startsWith(marker) === true ? description.slice(marker.length) : undefined;
}

/** A deployment without a pipeline, in the form of an execution with one action. */
async function readAlone(aws: Aws, id: string): Promise<Snapshot> {
  const deployment = await readDeployment(aws, id);
  const rollback =
    deployment.rollback?.id === undefined ? undefined : await readDeployment(aws, deployment.rollback.id);
  const status = deploymentEnded(deployment.status) ? deployment.status : 'InProgress';
  const action = { stage: 'Deploy', name: 'CodeDeploy', category: 'Deploy', provider: 'CodeDeploy', status };
  return {
    execution: { id, status },
    actions: [{ ...action, externalId: id, start: deployment.start ?? 0, update: deployment.end ?? 0 }],
    deployment,
    ...(rollback === undefined ? {} : { rollback }),
  };
}

const stopLimitMs = 5 * 60_000;

/** The state of a deployment that was stopped, at its end or after five minutes. */
async function ended(aws: Aws, id: string): Promise<{ status: string }> {
  const start = Date.now();
  for (;;) {
    const deployment = await readDeployment(aws, id);
    if (deploymentEnded(deployment.status) || Date.now() - start > stopLimitMs) return deployment;
    await wait(aws.pace.shortest);
  }
}
