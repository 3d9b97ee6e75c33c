import type { Aws } from '../aws/session.ts';
import { failedEvents } from '../deployment/failed-events.ts';
import type { Output } from '../output.ts';
import { deploymentRun } from './deployment-run.ts';
import type { Run } from './follow.ts';
import { isOfFormerRevision } from './lifecycle-events.ts';
import type { ReleasePipeline } from './pipeline.ts';
import type { Snapshot } from './snapshot.ts';

/** True when only scripts of the previous revision failed: no push corrects these. */
export function onlyFormerFailed({ deployment }: Snapshot): boolean {
  const failed = deployment === undefined ? [] : failedEvents(deployment);
  return failed.length > 0 && failed.every(({ event }) => isOfFormerRevision(event.name));
}

/**
 * Repeats a failed deployment of the pipeline, and ignores failures of the former revision's scripts. It deploys the artifact
 * of an execution that has passed the approval, if there is one. CodePipeline's action has no such setting; CodeDeploy has
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
  return deploymentRun(aws, id, out);
}

const marker = 'past failed scripts of the former revision: execution ';

function pastDescription(execution: string): string {
  return `${marker}${execution}`;
}

/** The execution whose artifact such a deployment has put on the instances. */
export function pastExecution(description: string | undefined): string | undefined {
  return description?.startsWith(marker) === true ? description.slice(marker.length) : undefined;
}
