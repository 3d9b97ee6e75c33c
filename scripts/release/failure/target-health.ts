import type { TargetGroup, TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Aws } from '../../aws/session.ts';
import type { Deployment } from '../../deployment/deployment.ts';

/** Why a load balancer does not send requests to an instance, by its id: one sentence each. */
export type TargetReasons = Readonly<Record<string, string>>;

/**
 * Instances that the load balancer should admit now, or did not admit, if the reason is not known yet. A rollback's wait does not replace
 * the reason for which the deployment failed.
 */
export function awaitedTargets(
  { deployment, rollback }: { readonly deployment?: Deployment; readonly rollback?: Deployment },
  known: TargetReasons,
): string[] {
  const isKnown = (instance: string) => known[instance] !== undefined;
  const ofDeployment = statesOf(deployment).filter(([instance, status]) => {
    return status === 'InProgress' || (status === 'Failed' && !isKnown(instance));
  });
  const ofRollback = statesOf(rollback).filter(([instance, status]) => status === 'InProgress' && !isKnown(instance));
  return [...new Set([...ofDeployment, ...ofRollback].map(([instance]) => instance))];
}

/** Each instance's progress with the load balancer. */
function statesOf(deployment: Deployment | undefined): [string, string | undefined][] {
  return (deployment?.targets ?? []).map(({ instance, events }) => {
    return [instance, events.find(({ name }) => name === 'AllowTraffic')?.status];
  });
}

/** Reads the reasons for all targets that are not healthy; none when the target group was deleted. */
export async function readTargetReasons(aws: Aws, targetGroup: string): Promise<TargetReasons> {
  const { DescribeTargetGroupsCommand, DescribeTargetHealthCommand, TargetGroupNotFoundException } = await import(
    '@aws-sdk/client-elastic-load-balancing-v2'
  );
  const elb = await aws.elb();
  try {
    const [group] = (await elb.send(new DescribeTargetGroupsCommand({ Names: [targetGroup] }))).TargetGroups ?? [];
    if (group?.TargetGroupArn === undefined) return {};
    const command = new DescribeTargetHealthCommand({ TargetGroupArn: group.TargetGroupArn });
    const { TargetHealthDescriptions = [] } = await elb.send(command);
    return Object.fromEntries(
      TargetHealthDescriptions.flatMap((target) => {
        const reason = healthReason(group, target);
        return reason === undefined ? [] : [[target.Target?.Id ?? '', reason]];
      }),
    );
  } catch (error) {
    if (error instanceof TargetGroupNotFoundException) return {};
    throw error;
  }
}

/**
 * The load balancer's reason, with its request: `GET / on port 8080 answered 500, wanted 200`. `undefined` for one that is not unhealthy
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-reason-codes).
 */
export function healthReason(
  { HealthCheckPath, HealthCheckTimeoutSeconds, Matcher, Port }: TargetGroup,
  { TargetHealth, Target }: TargetHealthDescription,
): string | undefined {
  const asked = `GET ${HealthCheckPath ?? '/'} on port ${Target?.Port ?? Port}`;
  const { State, Reason, Description = '' } = TargetHealth ?? {};
  if (State !== 'unhealthy' || Reason === undefined) return undefined;
  if (Reason === 'Target.ResponseCodeMismatch') {
    const codes = /\[([\d, ]+)\]/.exec(Description)?.[1];
    return `${asked} answered ${codes ?? 'another status'}, wanted ${Matcher?.HttpCode ?? '200'}`;
  }
  if (Reason === 'Target.Timeout') return `${asked}: no answer within ${HealthCheckTimeoutSeconds ?? 5} s`;
  if (Reason === 'Target.FailedHealthChecks') return `${asked}: no connection, or no answer that is HTTP`;
  return `${asked}: ${Description || Reason}`;
}
