import type { Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Aws } from '../aws/session.ts';
import type { ListenerRule } from './priority.ts';

/** A rule with its ARN and what it answers for. */
export interface StandingRule extends ListenerRule {
  readonly arn: string;
  /** Values of its conditions on the host, patterns and regular expressions too; none: it answers for every host. */
  readonly hosts: readonly string[];
}

/** All rules of a listener except the default rule, whoever created them. */
export async function readRules(aws: Aws, listenerArn: string): Promise<ListenerRule[]> {
  const rules = await describeRules(aws, listenerArn);
  return rules.map((rule) => ({
    priority: Number(rule.Priority),
    targetGroups: targetGroupsOf(rule),
    hosts: hostsOf(rule),
  }));
}

/** As `readRules`, with all there is to say of each. */
export async function readStandingRules(aws: Aws, listenerArn: string): Promise<StandingRule[]> {
  const rules = await describeRules(aws, listenerArn);
  return rules.map((rule) => ({
    arn: rule.RuleArn ?? '',
    priority: Number(rule.Priority),
    hosts: hostsOf(rule),
    targetGroups: targetGroupsOf(rule),
  }));
}

async function describeRules(aws: Aws, listenerArn: string): Promise<Rule[]> {
  const { paginateDescribeRules } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const rules: Rule[] = [];
  for await (const page of paginateDescribeRules({ client: await aws.elb() }, { ListenerArn: listenerArn })) {
    rules.push(...(page.Rules ?? []).filter(({ IsDefault }) => IsDefault !== true));
  }
  return rules;
}

/** Host names know no case (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html#host-conditions). */
function hostsOf({ Conditions = [] }: Rule): string[] {
  const hosts = Conditions.filter(({ Field }) => Field === 'host-header').flatMap((condition) => [
    ...(condition.HostHeaderConfig?.Values ?? condition.Values ?? []).map((host) => host.toLowerCase()),
    ...(condition.HostHeaderConfig?.RegexValues ?? condition.RegexValues ?? []),
  ]);
  return [...new Set(hosts)];
}

/** `arn:…:targetgroup/<name>/<id>` → `<name>`. */
function targetGroupsOf({ Actions = [] }: Rule): string[] {
  const arns = Actions.flatMap(({ TargetGroupArn, ForwardConfig }) => [
    ...(TargetGroupArn === undefined ? [] : [TargetGroupArn]),
    ...(ForwardConfig?.TargetGroups ?? []).flatMap((group) => group.TargetGroupArn ?? []),
  ]);
  return [...new Set(arns.map((arn) => arn.split('/').at(-2) ?? arn))];
}
