import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import { refusalOf } from '../../aws/refusal.ts';
import type { Aws } from '../../aws/session.ts';
import { names, type Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import { mayBePaged, readAnswers } from '../../listener/rule-answers.ts';
import { counted } from '../../repository/findings.ts';
import type { Runtime } from '../../runtime.ts';
import { readAnyStack } from '../../stack/stack-state.ts';

/** How long a host must have had no requests before it is removed. CloudWatch has a minute's requests a few minutes later. */
export const quietMinutes = 15;

/** Requests that reached a tenant's targets in that time, or why they could not be counted, as where a page of maintenance takes them. */
export type HostTraffic = { readonly requests: number } | { readonly unknown: string; readonly isPaged?: true };

/** Requests to a tenant's target groups. That there is none means nothing while a page answers for its hosts: no metric has what the page answered. */
export async function readTraffic(
  runtime: Runtime,
  aws: Aws,
  place: Place,
  groups: readonly TargetGroup[],
): Promise<HostTraffic> {
  const [traffic, isPaged] = await Promise.all([readRequests(runtime, aws, groups), readPaged(aws, place)]);
  if (!isPaged || 'unknown' in traffic || traffic.requests > 0) return traffic;
  return { unknown: 'a page of maintenance answers for its hosts, and what it answers is not counted', isPaged };
}

async function readPaged(aws: Aws, place: Place): Promise<boolean> {
  const { outputs = {} } = (await readAnyStack(aws, names.tenantStack(place, 'entry'))) ?? {};
  return mayBePaged(outputs) && (await readAnswers(aws, outputs)) !== 'instances';
}

/**
 * Counts the requests to target groups. A load balancer reports no value for a minute without requests
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html), so an empty answer
 * means none; an incomplete response means unknown. Health checks do not count.
 */
async function readRequests(runtime: Runtime, aws: Aws, groups: readonly TargetGroup[]): Promise<HostTraffic> {
  const metrics = groups.flatMap((group) =>
    (group.LoadBalancerArns ?? []).map((balancer) => [
      { Name: 'TargetGroup', Value: group.TargetGroupArn?.split(':').at(-1) ?? '' },
      { Name: 'LoadBalancer', Value: balancer.split(':loadbalancer/').at(-1) ?? '' },
    ]),
  );
  // Nothing is forwarded to a group without a load balancer.
  if (metrics.length === 0) return { requests: 0 };
  try {
    return await countRequests(aws, metrics);
  } catch (thrown) {
    runtime.signal.throwIfAborted();
    const refusal = refusalOf(thrown, runtime);
    if (refusal === undefined) throw thrown;
    return { unknown: refusal.message };
  }
}

async function countRequests(aws: Aws, metrics: readonly { Name: string; Value: string }[][]): Promise<HostTraffic> {
  const { paginateGetMetricData } = await import('@aws-sdk/client-cloudwatch');
  const end = Date.now();
  const request = {
    StartTime: new Date(end - quietMinutes * 60_000),
    EndTime: new Date(end + 60_000),
    MetricDataQueries: metrics.map((Dimensions, index) => ({
      Id: `m${index}`,
      MetricStat: {
        Metric: { Namespace: 'AWS/ApplicationELB', MetricName: 'RequestCount', Dimensions },
        Period: 60,
        Stat: 'Sum',
      },
    })),
  };
  let requests = 0;
  const complete = new Set<string>();
  for await (const { MetricDataResults = [] } of paginateGetMetricData({ client: await aws.cloudWatch() }, request)) {
    for (const { Id = '', StatusCode, Values = [] } of MetricDataResults) {
      requests += Values.reduce((sum, value) => sum + value, 0);
      if (StatusCode === 'Complete') complete.add(Id);
    }
  }
  if (complete.size < metrics.length) return { unknown: 'CloudWatch did not answer for all of its load balancers' };
  return { requests };
}

/** Throws `HOST_HAS_TRAFFIC` or `TRAFFIC_UNKNOWN` unless the caller allows either. */
export function checkTraffic({ tenant, environment }: Place, traffic: HostTraffic, isTaken: boolean): void {
  if (isTaken) return;
  if ('unknown' in traffic) {
    throw new VendhostError(
      'TRAFFIC_UNKNOWN',
      `cannot see whether ${tenant} in ${environment} gets requests: ${traffic.unknown}; nothing was changed`,
      {
        hint:
          traffic.isPaged === true
            ? `if nobody needs its hosts: --with-traffic; else end maintenance, and look again after ${quietMinutes} minutes`
            : 'use credentials that may call cloudwatch:GetMetricData; or, if nobody needs its hosts: --with-traffic',
      },
    );
  }
  if (traffic.requests === 0) return;
  throw new VendhostError(
    'HOST_HAS_TRAFFIC',
    `${tenant} in ${environment} got ${counted(traffic.requests, 'request')} in the last ${quietMinutes} minutes; nothing was changed`,
    {
      hint: 'point the DNS records of its hosts elsewhere and wait; or, if nobody needs them any more: --with-traffic',
    },
  );
}

/** The traffic in words. */
export function trafficLine(traffic: HostTraffic): string {
  if ('unknown' in traffic) return `requests in the last ${quietMinutes} minutes: unknown, ${traffic.unknown}`;
  return `requests in the last ${quietMinutes} minutes: ${traffic.requests}`;
}
