import type { PublishedFacts } from '../../aws/read-facts.ts';
import type { Aws } from '../../aws/session.ts';
import type { VendedRecord } from '../../config/facts.ts';
import { names, type Place } from '../../config/names.ts';
import { findTargetGroup, readTargetHealth } from '../../host/health/tenant-target-group.ts';
import { isSteady, type StackState } from '../../stack/stack-state.ts';
import type { BalancerFacts } from './balancer-steps.ts';
import { anyLeadsTo, leadTo } from './dns-leads.ts';

/** What to find out about a tenant with a virtual host. */
export interface BalancerQuestion {
  readonly place: Place;
  readonly record: VendedRecord;
  readonly host: StackState;
  readonly published: PublishedFacts;
  readonly hosts: readonly string[];
  readonly wanted: number;
  readonly port: number;
  /** Somebody confirms that the DNS records lead to the wanted one; ignored if DNS visibly leads to the former one. */
  readonly dnsMoved: boolean;
}

export async function readBalancerFacts(aws: Aws, question: BalancerQuestion): Promise<BalancerFacts> {
  const { place, record, host, published, wanted, dnsMoved } = question;
  const { loadBalancer: serving, otherBalancers: others = [] } = record;
  const known = { wanted, serving, others };
  const unknown = { ...known, isHealthy: false, isDnsMoved: false };
  if (!isSteady(host.status)) {
    // In the middle of an update CodeDeploy may use other target groups than Auto Scaling: all existing ones may be in use.
    const there = await readGroups(aws, question);
    return { ...unknown, attached: there.filter((number) => number !== wanted || serving === wanted) };
  }
  const attached = await readAttached(aws, place);
  const isThere = attached.includes(wanted) && attached.length > 1;
  if (!isThere || !(await isAsHealthy(aws, question))) return { ...unknown, attached };
  const dnsOf = (number: number) => published.values[names.balancerFact('load-balancer-dns', number)] ?? '';
  const former = [serving, ...others].filter((number) => number !== wanted).map(dnsOf);
  const { hosts } = question;
  // Confirmed too early, it would take the instances from the load balancer that gets the requests.
  const isSaid = dnsMoved && !(await anyLeadsTo(hosts, former));
  return { ...known, attached, isHealthy: true, isDnsMoved: isSaid || (await leadTo(hosts, dnsOf(wanted))) };
}

/** Numbers of the load balancers that the tenant has a target group of. */
async function readGroups(aws: Aws, { place, port, published }: BalancerQuestion): Promise<number[]> {
  const numbers = Object.keys(published.values).flatMap((fact) => {
    const [found, number = '1'] = /^listener-arn(?:-(\d+))?$/.exec(fact) ?? [];
    return found === undefined ? [] : [Number(number)];
  });
  const found = await Promise.all(
    numbers.map(async (number) => (await findTargetGroup(aws, names.targetGroup(place, port, number))) !== undefined),
  );
  return numbers.filter((_number, index) => found[index]);
}

/** Numbers of the load balancers whose target groups the instances are attached to. */
async function readAttached(aws: Aws, place: Place): Promise<number[]> {
  const { DescribeAutoScalingGroupsCommand } = await import('@aws-sdk/client-auto-scaling');
  const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [names.host(place)] });
  const { AutoScalingGroups } = await (await aws.autoScaling()).send(command);
  const prefix = `/${names.targetGroupPrefix(place)}`;
  return (AutoScalingGroups?.[0]?.TargetGroupARNs ?? []).flatMap((arn) => {
    const [, number] = /^\d+-(\d+)\//.exec(arn.slice(arn.indexOf(prefix) + prefix.length)) ?? [];
    return arn.includes(prefix) && number !== undefined ? [Number(number)] : [];
  });
}

async function isAsHealthy(aws: Aws, { place, record, wanted, port }: BalancerQuestion): Promise<boolean> {
  const healthyIn = async (number: number) => {
    const arn = (await findTargetGroup(aws, names.targetGroup(place, port, number)))?.TargetGroupArn;
    return arn === undefined ? [] : (await readTargetHealth(aws, arn)).healthy;
  };
  const [present, coming] = await Promise.all([healthyIn(record.loadBalancer), healthyIn(wanted)]);
  return present.every((instance) => coming.includes(instance));
}
