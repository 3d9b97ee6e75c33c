import type {
  DeploymentGroupInfo,
  DeploymentInfo,
  ListDeploymentsCommandInput,
  RevisionLocation,
} from '@aws-sdk/client-codedeploy';
import type { Aws } from '../../aws/session.ts';
import { isWithoutHost } from '../../deployment/without-host.ts';
import type { KeptDeployment } from './revision-plan.ts';

/** Most ids in one BatchGetDeployments (https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeployments.html). */
const mostDeployments = 25;

/**
 * What CodeDeploy may still give an instance: the revision of a deployment in progress, of the last one that succeeded, which
 * new instances get and a rollback deploys again, and of the last attempt
 * (https://docs.aws.amazon.com/codedeploy/latest/userguide/integrations-aws-auto-scaling.html).
 *
 * @param host name of the application and of its deployment group
 */
export async function readKeptDeployments(aws: Aws, host: string): Promise<KeptDeployment[]> {
  const sdk = await import('@aws-sdk/client-codedeploy');
  const client = await aws.codeDeploy();
  const whose = { applicationName: host, deploymentGroupName: host };
  const group = await client.send(new sdk.GetDeploymentGroupCommand(whose)).catch((thrown: unknown) => {
    if (isWithoutHost(thrown)) return undefined;
    throw thrown;
  });
  if (group === undefined) return [];
  const { deploymentGroupInfo = {} } = group;
  const underway: string[] = [];
  const query: ListDeploymentsCommandInput = {
    ...whose,
    includeOnlyStatuses: ['Created', 'Queued', 'InProgress', 'Ready'],
  };
  for await (const { deployments = [] } of sdk.paginateListDeployments({ client }, query))
    underway.push(...deployments);
  const last = [deploymentGroupInfo.lastSuccessfulDeployment, deploymentGroupInfo.lastAttemptedDeployment];
  const ids = [...new Set([...underway, ...last.flatMap((one) => one?.deploymentId ?? [])])];
  const found: DeploymentInfo[] = [];
  for (let start = 0; start < ids.length; start += mostDeployments) {
    const deploymentIds = ids.slice(start, start + mostDeployments);
    const { deploymentsInfo = [] } = await client.send(new sdk.BatchGetDeploymentsCommand({ deploymentIds }));
    found.push(...deploymentsInfo);
  }
  return keptDeployments(deploymentGroupInfo, found, new Set(underway));
}

/** The same of what was read. */
export function keptDeployments(
  group: DeploymentGroupInfo,
  deployments: readonly DeploymentInfo[],
  underway: ReadonlySet<string>,
): KeptDeployment[] {
  const reasonOf = (id: string) => {
    if (underway.has(id)) return 'is under way';
    return id === group.lastSuccessfulDeployment?.deploymentId
      ? 'is the last that succeeded: new instances get it'
      : 'is the last attempt';
  };
  return [
    ...keptKey(group.targetRevision, 'it is the target of the deployment group'),
    ...deployments.flatMap(({ deploymentId = '', revision }) =>
      keptKey(revision, `deployment ${deploymentId} ${reasonOf(deploymentId)}`),
    ),
  ];
}

function keptKey(revision: RevisionLocation | undefined, reason: string): KeptDeployment[] {
  const key = revision?.s3Location?.key;
  return key === undefined ? [] : [{ key, reason }];
}
