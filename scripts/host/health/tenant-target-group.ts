import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Aws } from '../../aws/session.ts';
import type { TenantRecord } from '../../config/facts.ts';
import { names, type Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import { type HealthCheck, type PresentTargetGroup, settingsOf } from './health-check.ts';

/** Reads the tenant's target group, with those of other load balancers while it moves; throws `TARGET_GROUP_MISSING`. */
export async function readTargetGroup(aws: Aws, place: Place, record: TenantRecord): Promise<PresentTargetGroup> {
  const [first, ...others] = await Promise.all(
    [record.loadBalancer, ...(record.otherBalancers ?? [])].map((number) => readOne(aws, place, record.port, number)),
  );
  return others.length === 0 ? (first as PresentTargetGroup) : { ...(first as PresentTargetGroup), others };
}

async function readOne(aws: Aws, place: Place, port: number, loadBalancer: number): Promise<PresentTargetGroup> {
  const name = names.targetGroup(place, port, loadBalancer);
  const found = await findTargetGroup(aws, name);
  if (found?.TargetGroupArn !== undefined) return { arn: found.TargetGroupArn, name, settings: found };
  throw new VendhostError('TARGET_GROUP_MISSING', `${place.tenant} has no target group ${name}`, {
    hint: `ask the platform team to vend it: vendhost tenant vend ${place.tenant} --environment ${place.environment}`,
  });
}

/** A target group by its name; `undefined` when there is none. */
export async function findTargetGroup(aws: Aws, name: string): Promise<TargetGroup | undefined> {
  const { DescribeTargetGroupsCommand, TargetGroupNotFoundException } = await import(
    '@aws-sdk/client-elastic-load-balancing-v2'
  );
  const client = await aws.elb();
  const { TargetGroups } = await client
    .send(new DescribeTargetGroupsCommand({ Names: [name] }))
    .catch((error: unknown) => {
      if (error instanceof TargetGroupNotFoundException) return { TargetGroups: [] };
      throw error;
    });
  return TargetGroups?.[0];
}

/** Sets the health check of a target group. */
export async function setHealthCheck(aws: Aws, arn: string, wanted: HealthCheck): Promise<void> {
  const { ModifyTargetGroupCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  await (await aws.elb()).send(new ModifyTargetGroupCommand({ TargetGroupArn: arn, ...settingsOf(wanted) }));
}

/** Targets by the load balancer's health; those that come or go are in neither list. */
export interface TargetHealth {
  readonly healthy: readonly string[];
  /** Instance and the load balancer's reason, like `i-1: Health checks failed with these codes: [404]`. */
  readonly unhealthy: readonly string[];
}

export async function readTargetHealth(aws: Aws, arn: string): Promise<TargetHealth> {
  const { DescribeTargetHealthCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const { TargetHealthDescriptions = [] } = await (await aws.elb()).send(
    new DescribeTargetHealthCommand({ TargetGroupArn: arn }),
  );
  const inState = (state: string) =>
    TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth?.State === state);
  return {
    healthy: inState('healthy').map(({ Target }) => Target?.Id ?? ''),
    unhealthy: inState('unhealthy').map(
      ({ Target, TargetHealth }) => `${Target?.Id}: ${TargetHealth?.Description ?? 'no reason given'}`,
    ),
  };
}
