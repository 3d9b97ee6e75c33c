import type { Aws } from '../../aws/session.ts';
import { names } from '../../config/names.ts';
import type { GitlabApi } from '../../gitlab/api.ts';
import { releasePriorities } from '../../listener/priority-claim.ts';
import { removeBucket } from '../../platform/destroy/buckets.ts';
import { readPipeline } from '../../release/pipeline.ts';
import { executionRun } from '../../release/stop.ts';
import type { Runtime } from '../../runtime.ts';
import { deleteStack } from '../../stack/delete.ts';
import { removeFormerWebhook } from '../../webhook/former-webhook.ts';
import { stopBuilds } from '../../webhook/underway-builds.ts';
import { HostClaims } from '../host-claims.ts';
import { removeDatabase, takeSnapshot } from './final-snapshot.ts';
import type { Retiring } from './read-retire.ts';
import { removeGroups, removeKept } from './remove-data.ts';
import { removeObjects } from './remove-objects.ts';
import { removeImages } from './retire-images.ts';
import { stepLine } from './retire-lines.ts';
import type { RetirePlan, RetireStep } from './retire-plan.ts';
import { cancelOwnPipelines, removeSchedules, removeVariables } from './retire-project.ts';

/**
 * Does the steps one after the other. Each counts what is already gone as done, so that after a kill or a fault the next run does the
 * rest.
 */
export async function applyRetire(
  runtime: Runtime,
  retiring: Retiring,
  gitlab: GitlabApi | undefined,
  { steps }: RetirePlan,
): Promise<void> {
  for (const step of steps) {
    runtime.signal.throwIfAborted();
    runtime.out.step(`${retiring.place.environment}: ${stepLine(step)}`);
    await applyStep(runtime, retiring, gitlab, step);
  }
}

async function applyStep(
  runtime: Runtime,
  { place, aws, config }: Retiring,
  gitlab: GitlabApi | undefined,
  step: RetireStep,
): Promise<void> {
  const bucket = names.bucket(place.environment, config.account, config.region);
  switch (step.kind) {
    case 'variables':
      if (gitlab !== undefined) await removeVariables(gitlab, step.path, step.variables);
      break;
    case 'webhook':
      if (gitlab !== undefined) await removeFormerWebhook(gitlab, step.webhook);
      break;
    case 'schedules':
      if (gitlab !== undefined) await removeSchedules(gitlab, step.path, step.ids);
      break;
    case 'pipelines':
      if (gitlab !== undefined) await cancelOwnPipelines(gitlab, step.path, step.ids);
      break;
    case 'builds':
      await stopBuilds(runtime, aws, place);
      break;
    case 'executions':
      await stopExecutions(runtime, aws, names.host(place), step.ids);
      break;
    case 'rules':
      for (const { arn } of step.rules) await deleteRule(aws, arn);
      break;
    case 'stack':
      await deleteStack(runtime, aws, step.name, { force: step.layer === 'data' });
      break;
    case 'snapshot':
      await takeSnapshot(runtime, aws, place, step);
      break;
    case 'database':
      await removeDatabase(runtime, aws, place, step);
      break;
    case 'data':
      await removeKept(aws, step.what, step.name);
      break;
    case 'groups':
      await removeGroups(runtime, aws, step.ids);
      break;
    case 'files':
      await removeBucket(runtime, aws, step.bucket);
      break;
    case 'priorities':
      await releasePriorities(aws, { bucket, listenerArn: step.listener, tenant: place.tenant });
      break;
    case 'hosts':
      await new HostClaims(aws, bucket, place.tenant).release(step.hosts);
      break;
    case 'images':
      await removeImages(runtime, aws, place);
      break;
    case 'objects':
      await removeObjects(aws, bucket, step.prefix);
      break;
    case 'record':
      await deleteRecord(aws, step.name);
  }
}

/** Stops them all: a deployment would continue on instances that are about to be removed. */
async function stopExecutions(runtime: Runtime, aws: Aws, name: string, ids: readonly string[]): Promise<void> {
  const pipeline = await readPipeline(aws, name);
  for (const id of ids) await executionRun(aws, pipeline, id, runtime.out).stop('the tenant is retired');
}

async function deleteRule(aws: Aws, RuleArn: string): Promise<void> {
  const { DeleteRuleCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  await (await aws.elb()).send(new DeleteRuleCommand({ RuleArn })).catch(unlessNamed('RuleNotFoundException'));
}

/** CloudFormation deletes it with the access stack; one that somebody wrote in its place is deleted here. */
async function deleteRecord(aws: Aws, Name: string): Promise<void> {
  const { DeleteParameterCommand } = await import('@aws-sdk/client-ssm');
  await (await aws.ssm()).send(new DeleteParameterCommand({ Name })).catch(unlessNamed('ParameterNotFound'));
}

function unlessNamed(name: string): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Error && error.name === name)) throw error;
  };
}
