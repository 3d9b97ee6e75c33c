import type { Aws } from '../../aws/session.ts';
import { names } from '../../config/names.ts';
import type { Runtime } from '../../runtime.ts';
import { deleteStack } from '../../stack/delete.ts';
import { isAbsent } from '../../stack/stack-state.ts';
import { isBalancer } from '../layers.ts';
import type { EnvironmentTarget } from '../targets.ts';
import { removeBucket } from './buckets.ts';
import type { PlatformLeftovers } from './plan-destruction.ts';

/** Destroys what is left of an environment. After a failure, the next run resumes with what is left then. */
export async function destroyLeftovers(
  runtime: Runtime,
  { aws, environment }: EnvironmentTarget,
  leftovers: PlatformLeftovers,
): Promise<void> {
  const { out } = runtime;
  for (const step of leftovers.steps) {
    out.step(`${environment}: deleting ${step.join(' and ')}`);
    await allOf(step.map((stack) => destroyStack(runtime, aws, { environment, stack })));
  }
  for (const bucket of leftovers.buckets) {
    out.step(`${environment}: emptying and deleting ${bucket}`);
    await removeBucket(runtime, aws, bucket);
  }
}

async function destroyStack(
  runtime: Runtime,
  aws: Aws,
  { environment, stack }: { environment: EnvironmentTarget['environment']; stack: string },
): Promise<void> {
  const isProduction = environment === 'production';
  if (isProduction && isBalancer(environment, stack)) await unprotectBalancers(aws, stack);
  // Termination protection is lifted here: for production the caller had to confirm with the platform's name.
  await deleteStack(runtime, aws, stack, {
    force: isProduction && stack === names.platformStack(environment, 'storage'),
  });
}

/** The deletion of a stack fails when its load balancer is protected against deletion. */
async function unprotectBalancers(aws: Aws, stack: string): Promise<void> {
  const { ModifyLoadBalancerAttributesCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const elb = await aws.elb();
  for (const LoadBalancerArn of await loadBalancersOf(aws, stack)) {
    const Attributes = [{ Key: 'deletion_protection.enabled', Value: 'false' }];
    try {
      await elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
    } catch (error) {
      if (!(error instanceof Error && error.name === 'LoadBalancerNotFoundException')) throw error;
    }
  }
}

async function loadBalancersOf(aws: Aws, stack: string): Promise<string[]> {
  const { paginateListStackResources } = await import('@aws-sdk/client-cloudformation');
  const found: string[] = [];
  try {
    const client = await aws.cloudFormation();
    for await (const page of paginateListStackResources({ client }, { StackName: stack })) {
      for (const { ResourceType, PhysicalResourceId, ResourceStatus } of page.StackResourceSummaries ?? []) {
        const isThere = PhysicalResourceId !== undefined && ResourceStatus !== 'DELETE_COMPLETE';
        if (isThere && ResourceType === 'AWS::ElasticLoadBalancingV2::LoadBalancer') found.push(PhysicalResourceId);
      }
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return found;
}

/** Waits for all, then throws the first error: a failure must not leave another stack unwatched. */
async function allOf(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
