import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Aws } from '../aws/session.ts';
import type { TenantRecord } from '../config/facts.ts';
import { names, type Place } from '../config/names.ts';
import type { VendhostConfig } from '../config/vendhost.ts';
import { VendhostError } from '../errors.ts';

/** What the tenant says of the health check; `grace_seconds` is Auto Scaling's. */
export type HealthCheck = Pick<VendhostConfig['health_check'], 'path' | 'status'>;

/** A target group as it is. */
export interface PresentTargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly settings: TargetGroup;
}

/** A setting of the health check as it is, and as it should be. */
export interface HealthCheckChange {
  /** In words, like `health check path`. */
  readonly setting: string;
  readonly from: string;
  readonly to: string;
}

/** What provisioning changes in the health check of the tenant's target group. */
export interface HealthCheckUpdate {
  readonly arn: string;
  /** Name of the target group. */
  readonly targetGroup: string;
  readonly wanted: HealthCheck;
  readonly changes: readonly HealthCheckChange[];
}

/** An instance is healthy after 20 seconds, and unhealthy after 30. */
const pace = {
  HealthCheckIntervalSeconds: 10,
  HealthCheckTimeoutSeconds: 5,
  HealthyThresholdCount: 2,
  UnhealthyThresholdCount: 3,
};

/** Settings of a target group by their names in `ModifyTargetGroup`, which cannot change its port or protocol. */
export function settingsOf({ path, status }: HealthCheck) {
  return {
    HealthCheckPath: path,
    Matcher: { HttpCode: status },
    HealthCheckProtocol: 'HTTP',
    HealthCheckPort: 'traffic-port',
    ...pace,
  } as const;
}

/** Reads the target group that the tenant was given; throws `TARGET_GROUP_MISSING`. */
export async function readTargetGroup(aws: Aws, place: Place, record: TenantRecord): Promise<PresentTargetGroup> {
  const { DescribeTargetGroupsCommand, TargetGroupNotFoundException } = await import(
    '@aws-sdk/client-elastic-load-balancing-v2'
  );
  const name = names.targetGroup(place, record.port, record.loadBalancer);
  const client = await aws.elb();
  const { TargetGroups } = await client
    .send(new DescribeTargetGroupsCommand({ Names: [name] }))
    .catch((error: unknown) => {
      if (error instanceof TargetGroupNotFoundException) return { TargetGroups: [] };
      throw error;
    });
  const [found] = TargetGroups ?? [];
  if (found?.TargetGroupArn !== undefined) return { arn: found.TargetGroupArn, name, settings: found };
  throw new VendhostError('TARGET_GROUP_MISSING', `${place.tenant} has no target group ${name}`, {
    hint: `ask the platform team to vend it: vendhost tenant vend ${place.tenant} --environment ${place.environment}`,
  });
}

/** Compares the health check of a target group with what it should be. */
export function healthCheckUpdate({ arn, name, settings }: PresentTargetGroup, wanted: HealthCheck): HealthCheckUpdate {
  const changes = Object.entries(settingsOf(wanted)).flatMap(([key, value]): HealthCheckChange[] => {
    const [from, to] = [text(settings[key as keyof TargetGroup]), text(value)];
    return from === to ? [] : [{ setting: words[key] ?? key, from, to }];
  });
  return { arn, targetGroup: name, wanted, changes };
}

/** Sets what the plan changes; whether there was anything. */
export async function applyHealthCheck(aws: Aws, { arn, wanted, changes }: HealthCheckUpdate): Promise<boolean> {
  if (changes.length === 0) return false;
  const { ModifyTargetGroupCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  await (await aws.elb()).send(new ModifyTargetGroupCommand({ TargetGroupArn: arn, ...settingsOf(wanted) }));
  return true;
}

const words: Readonly<Record<string, string>> = {
  HealthCheckPath: 'health check path',
  Matcher: 'healthy status',
  HealthCheckProtocol: 'health check protocol',
  HealthCheckPort: 'health check port',
  HealthCheckIntervalSeconds: 'seconds between health checks',
  HealthCheckTimeoutSeconds: 'health check timeout in seconds',
  HealthyThresholdCount: 'successes until healthy',
  UnhealthyThresholdCount: 'failures until unhealthy',
};

function text(value: unknown): string {
  if (value !== null && typeof value === 'object' && 'HttpCode' in value) return String(value.HttpCode);
  return value === undefined ? 'none' : String(value);
}
