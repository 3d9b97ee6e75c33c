import type { DeploymentInfo } from '@aws-sdk/client-codedeploy';
import type { Aws } from '../../aws/session.ts';
import { readDeployment } from '../../deployment/deployment.ts';
import { failedEvents, failureLines } from '../../deployment/failed-events.ts';

/**
 * What failed on new instances of a group, according to CodeDeploy's launch hook: a deployment of the last revision to each. Empty when
 * no such deployment failed; then the reason is Auto Scaling's own.
 * (https://docs.aws.amazon.com/codedeploy/latest/userguide/integrations-aws-auto-scaling.html)
 * @param since earlier deployments have an earlier cause
 */
export async function launchFailures(aws: Aws, group: string, since: Date): Promise<string[]> {
  const failed = (await failedDeployments(aws, group, since)).filter(({ creator }) => creator === 'autoscaling');
  const last = failed.toSorted((left, right) => Number(right.createTime ?? 0) - Number(left.createTime ?? 0))[0];
  if (last?.deploymentId === undefined) return [];
  const deployment = await readDeployment(aws, last.deploymentId);
  const events = failedEvents(deployment).flatMap(failureLines);
  const others = failed.length === 1 ? '' : `, the last of ${failed.length} that failed`;
  const reason = events.length > 0 ? events : [deployment.error?.message ?? 'no reason is given'];
  return [`the revision could not be put on a new instance: deployment ${deployment.id}${others}`, ...reason];
}

/** BatchGetDeployments takes 25 ids (https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeployments.html). */
const batchSize = 25;

async function failedDeployments(aws: Aws, group: string, since: Date): Promise<DeploymentInfo[]> {
  const { BatchGetDeploymentsCommand, paginateListDeployments } = await import('@aws-sdk/client-codedeploy');
  const client = await aws.codeDeploy();
  const query = {
    applicationName: group,
    deploymentGroupName: group,
    includeOnlyStatuses: ['Failed' as const],
    createTimeRange: { start: since },
  };
  const ids: string[] = [];
  for await (const page of paginateListDeployments({ client }, query)) ids.push(...(page.deployments ?? []));
  const found: DeploymentInfo[] = [];
  for (let at = 0; at < ids.length; at += batchSize) {
    const command = new BatchGetDeploymentsCommand({ deploymentIds: ids.slice(at, at + batchSize) });
    found.push(...((await client.send(command)).deploymentsInfo ?? []));
  }
  return found;
}
