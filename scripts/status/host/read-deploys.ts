import type { DeploymentInfo, S3Location } from '@aws-sdk/client-codedeploy';
import type { Aws } from '../../aws/session.ts';
import { readTargetsOf } from '../../deployment/deployment.ts';
import { isWithoutHost } from '../../deployment/without-host.ts';
import type { Release } from '../../release/history/release.ts';
import type { InstanceDeploy } from './host-snapshot.ts';

/** BatchGetDeployments takes 25 ids (https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeployments.html). */
const batchSize = 25;
/** Instances of one group come from few deployments: the last release, and one for each that was started later. */
const mostRead = 12;

export interface WantedDeploys {
  /** Name of the CodeDeploy application and of its deployment group. */
  readonly host: string;
  readonly instances: readonly string[];
  /** When the oldest of the instances was started: what was deployed before is on none of them. */
  readonly since: Date;
  readonly releases: readonly Release[];
}

/**
 * What CodeDeploy last did on each instance, by the newest deployment that had it as a target. An instance that none of the newest
 * deployments had is left out.
 */
export async function readInstanceDeploys(aws: Aws, wanted: WantedDeploys): Promise<Record<string, InstanceDeploy>> {
  const found: Record<string, InstanceDeploy> = {};
  if (wanted.instances.length === 0) return found;
  const deployments = await readDeployments(aws, wanted);
  const executions = executionsBy(deployments, wanted.releases);
  for (const deployment of deployments.slice(0, mostRead)) {
    if (wanted.instances.every((instance) => found[instance] !== undefined)) break;
    const { deploymentId = '' } = deployment;
    const executionId = executions.get(placeOf(deployment));
    for (const { instance, status } of await readTargetsOf(aws, deploymentId)) {
      found[instance] ??= { deploymentId, status, ...(executionId === undefined ? {} : { executionId }) };
    }
  }
  return found;
}

/** Newest first, all pages; with those of the releases, which may be older than every instance and say what their artifacts are. */
async function readDeployments(aws: Aws, { host, since, releases }: WantedDeploys): Promise<DeploymentInfo[]> {
  const { BatchGetDeploymentsCommand, paginateListDeployments } = await import('@aws-sdk/client-codedeploy');
  const client = await aws.codeDeploy();
  const query = { applicationName: host, deploymentGroupName: host, createTimeRange: { start: since } };
  const listed: string[] = [];
  try {
    for await (const page of paginateListDeployments({ client }, query)) listed.push(...(page.deployments ?? []));
  } catch (error) {
    // No host was provisioned yet.
    if (isWithoutHost(error)) return [];
    throw error;
  }
  const ids = [...new Set([...listed, ...releases.flatMap(({ deploymentId }) => deploymentId ?? [])])];
  const batches = Array.from({ length: Math.ceil(ids.length / batchSize) }, (_, index) =>
    ids.slice(index * batchSize, (index + 1) * batchSize),
  );
  const infos = await Promise.all(
    batches.map(async (deploymentIds) => await client.send(new BatchGetDeploymentsCommand({ deploymentIds }))),
  );
  return infos
    .flatMap(({ deploymentsInfo = [] }) => deploymentsInfo)
    .toSorted((one, other) => Number(other.createTime ?? 0) - Number(one.createTime ?? 0));
}

/** Which execution made an artifact: a new instance and a rollback get the artifact of a deployment before them. */
function executionsBy(deployments: readonly DeploymentInfo[], releases: readonly Release[]): Map<string, string> {
  return new Map(
    deployments.flatMap((deployment) => {
      const release = releases.find(({ deploymentId }) => deploymentId === deployment.deploymentId);
      return release === undefined ? [] : [[placeOf(deployment), release.executionId] as const];
    }),
  );
}

function placeOf({ revision }: DeploymentInfo): string {
  const { bucket, key, version, eTag }: S3Location = revision?.s3Location ?? {};
  return JSON.stringify([bucket, key, version, eTag]);
}
