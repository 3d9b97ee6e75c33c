import { randomUUID } from 'node:crypto';
import type { DeploymentInfo, RevisionLocation } from '@aws-sdk/client-codedeploy';
import { withAudit } from '../audit/with-audit.ts';
import { isUnknownOutcome, sendOnce } from '../aws/calls/send-once.ts';
import { readPlatformFacts, readTenantRecord } from '../aws/read-facts.ts';
import { type Aws, openAws } from '../aws/session.ts';
import { names, type Place } from '../config/names.ts';
import { type ExitCode, exitCodes, VendhostError } from '../errors.ts';
import { type Group, readGroup } from '../host/instances/group.ts';
import { hostMissing, replaceChosen } from '../host/instances/replace.ts';
import type { Output } from '../output.ts';
import { deploymentRun } from '../release/deployment-run.ts';
import { followRelease, type Run } from '../release/follow.ts';
import { deploymentEnded } from '../release/lifecycle-events.ts';
import { checkHost, type ReleasePipeline, readPipeline } from '../release/pipeline.ts';
import { errorOf } from '../release/release-outcome.ts';
import type { Runtime } from '../runtime.ts';

export interface RestartOptions extends Place {
  readonly reason: string;
  readonly dryRun: boolean;
}

/** The deployment that put the software on the instances. */
interface Running {
  readonly deploymentId: string;
  readonly revision: RevisionLocation;
}

/** How a restart is done. `deploy`: the revision that runs is deployed again. `replace`: new instances get it. */
interface RestartPlan {
  readonly kind: 'deploy' | 'replace';
  readonly deploymentId: string;
  readonly instances: readonly string[];
}

/**
 * Where releases need an approval the role of jobs may not deploy, since IAM cannot tell a restart from a release: there the instances
 * are replaced, which needs no such right.
 */
function planRestart(deploymentId: string, { members }: Pick<Group, 'members'>, needsApproval: boolean): RestartPlan {
  return { kind: needsApproval ? 'replace' : 'deploy', deploymentId, instances: members };
}

/**
 * Restarts the software of a host, one instance after the other as its deployment configuration says, each out of the load balancer
 * until it is healthy again. Throws `HOST_MISSING`, `NOTHING_RELEASED`, `DEPLOYMENT_UNDERWAY`, and what a release or a replacement
 * throws.
 */
export async function restartHost(runtime: Runtime, options: RestartOptions): Promise<ExitCode | undefined> {
  const { out } = runtime;
  const place: Place = { tenant: options.tenant, environment: options.environment };
  const aws = openAws(runtime);
  const facts = await readPlatformFacts(aws, place.environment);
  const record = await readTenantRecord(aws, place);
  const pipeline = await readPipeline(aws, record.pipeline);
  await checkHost(aws, pipeline, place);
  const group = await readGroup(aws, place);
  if (group === undefined) throw hostMissing(place);
  const running = await readRunning(aws, pipeline);
  const plan = planRestart(running.deploymentId, group, record.approval ?? facts.approval);
  const how =
    plan.kind === 'deploy'
      ? `the revision of ${plan.deploymentId} is deployed again`
      : 'replaced by new ones with the same revision, because releases need an approval here';
  const on = plan.instances.join(', ') || 'no instance';
  if (options.dryRun) {
    out.result({ ...plan }, `would restart the software on ${on} of ${group.name}: ${how}`);
    return plan.instances.length === 0 ? undefined : exitCodes.differs;
  }
  if (plan.instances.length === 0) {
    out.result({ ...plan }, `nothing to restart: ${group.name} has no instance`);
    return undefined;
  }
  await out.confirm(`restart the software on ${on} of ${group.name}?`);
  const before = `deployment ${plan.deploymentId} on ${plan.instances.join(' ')}`;
  const after = await withAudit(
    runtime,
    aws,
    { action: 'host restart', target: group.name, before, reason: options.reason, place, bucket: facts.bucket },
    async () => {
      if (plan.kind === 'replace') {
        const chosen = { place, before: group, chosen: plan.instances, instance: undefined };
        const { members } = await replaceChosen(runtime, aws, chosen);
        return `replaced by ${members.join(' ')}`;
      }
      const targetGroup = names.targetGroup(place, record.port, record.loadBalancer);
      return await deployAgain(runtime, aws, { place, pipeline, running, targetGroup });
    },
    (done) => done,
  );
  out.result({ ...plan, after }, `restarted the software on ${on} of ${group.name}: ${after}`);
  return undefined;
}

interface Again {
  readonly place: Place;
  readonly pipeline: ReleasePipeline;
  readonly running: Running;
  readonly targetGroup: string;
}

async function deployAgain(
  runtime: Runtime,
  aws: Aws,
  { place, pipeline, running, targetGroup }: Again,
): Promise<string> {
  const run = await begin(aws, pipeline, running, runtime.out);
  runtime.out.step(`started the deployment ${run.id} of the revision of ${running.deploymentId}`);
  const { outcome, snapshot } = await followRelease(runtime, aws, pipeline, { targetGroup, hookLimits: {} }, run);
  const error = errorOf(pipeline, { place, needsApproval: false }, outcome, snapshot);
  if (error !== undefined) throw error;
  return `deployment ${run.id}`;
}

/**
 * Starts the deployment, or finds the one that is meant: that of a call whose answer was lost, by its description, or a restart that a killed
 * job began. Without the signal: after an aborted call nobody would know whether the deployment started.
 */
async function begin(aws: Aws, pipeline: ReleasePipeline, running: Running, out: Output): Promise<Run> {
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
    const { deploymentId = '' } = await sendOnce(command, `restart ${group}`, () => client.send(command));
    return deploymentRun(aws, deploymentId, out);
  } catch (error) {
    const isBusy = error instanceof DeploymentLimitExceededException;
    if (!isBusy && !isUnknownOutcome(error)) throw error;
    const begun = await findBegun(aws, pipeline, description);
    if (begun !== undefined) return deploymentRun(aws, begun, out);
    if (!isBusy) throw error;
    throw new VendhostError('DEPLOYMENT_UNDERWAY', `${group} has a deployment in progress: ${error.message}`, {
      hint: 'wait for the release, which restarts the software too',
      cause: error,
    });
  }
}

const restarts = 'restart: the revision of ';

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

/** Whether a deployment is the one with this description, or another restart that goes on. */
export function isMeant(found: Pick<DeploymentInfo, 'status' | 'description'>, description: string): boolean {
  if (found.description === description) return true;
  return found.description?.startsWith(restarts) === true && !deploymentEnded(found.status ?? '');
}

/** The last deployment that succeeded, or that CodeDeploy rolled back to; throws `NOTHING_RELEASED` where there is none. */
async function readRunning(aws: Aws, { application, group }: ReleasePipeline): Promise<Running> {
  const { GetDeploymentCommand, GetDeploymentGroupCommand } = await import('@aws-sdk/client-codedeploy');
  const client = await aws.codeDeploy();
  const { deploymentGroupInfo } = await client.send(
    new GetDeploymentGroupCommand({ applicationName: application, deploymentGroupName: group }),
  );
  const deploymentId = deploymentGroupInfo?.lastSuccessfulDeployment?.deploymentId;
  const found =
    deploymentId && (await client.send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo?.revision;
  if (deploymentId && found) return { deploymentId, revision: found };
  throw new VendhostError(
    'NOTHING_RELEASED',
    `no release of ${group} has succeeded yet: there is no software to restart`,
    {
      hint: 'release a revision first; `vendhost host replace` gives the host new instances',
    },
  );
}
