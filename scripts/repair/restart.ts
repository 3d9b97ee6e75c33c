import { withAudit } from '../audit/with-audit.ts';
import { type Aws, openAws } from '../aws/session.ts';
import { names, type Place } from '../config/names.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { type Group, readGroup } from '../host/instances/group.ts';
import { hostMissing, replaceChosen } from '../host/instances/replace.ts';
import { followRelease } from '../release/follow.ts';
import { openStore } from '../release/history/open-store.ts';
import type { ReleasePipeline } from '../release/pipeline.ts';
import { errorOf } from '../release/release-outcome.ts';
import type { Runtime } from '../runtime.ts';
import { beginRedeploy, type Running, readRunning } from './redeploy.ts';

export interface RestartOptions extends Place {
  readonly reason: string;
  readonly dryRun: boolean;
}

/** How a restart is done. `deploy`: the present revision is deployed again. `replace`: new instances get it. */
interface RestartPlan {
  readonly kind: 'deploy' | 'replace';
  readonly deploymentId: string;
  readonly instances: readonly string[];
}

/**
 * Where releases need an approval the role of jobs may not deploy, because IAM cannot tell a restart from a release: there the instances
 * are replaced, which needs no such permission.
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
  const { store, record, needsApproval } = await openStore(aws, place);
  const { pipeline, bucket } = store;
  const group = await readGroup(aws, place);
  if (group === undefined) throw hostMissing(place);
  const running = await readRunning(aws, pipeline);
  const plan = planRestart(running.deploymentId, group, needsApproval);
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
    { action: 'host restart', target: group.name, before, reason: options.reason, place, bucket },
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
  const run = await beginRedeploy(aws, pipeline, running, runtime.out);
  runtime.out.step(`started the deployment ${run.id} of the revision of ${running.deploymentId}`);
  const { outcome, snapshot } = await followRelease(runtime, aws, pipeline, { targetGroup, hookLimits: {} }, run);
  const error = errorOf(pipeline, { place, needsApproval: false }, outcome, snapshot);
  if (error !== undefined) throw error;
  return `deployment ${run.id}`;
}
