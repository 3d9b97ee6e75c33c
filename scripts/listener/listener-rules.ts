import type { Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Aws } from '../aws/session.ts';
import type { ListenerRule } from './priority.ts';

/** All rules of a listener except the default rule, whoever created them. */
export async function readRules(aws: Aws, listenerArn: string): Promise<ListenerRule[]> {
  const { paginateDescribeRules } = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const rules: ListenerRule[] = [];
  for await (const page of paginateDescribeRules({ client: await aws.elb() }, { ListenerArn: listenerArn })) {
    for (const rule of page.Rules ?? []) {
      if (rule.IsDefault !== true) rules.push({ priority: Number(rule.Priority), targetGroups: targetGroupsOf(rule) });
    }
  }
  return rules;
}

/** `arn:…:targetgroup/<name>/<id>` → `<name>`. */
function targetGroupsOf({ Actions = [] }: Rule): string[] {
  const arns = Actions.flatMap(({ TargetGroupArn, ForwardConfig }) => [
    ...(TargetGroupArn === undefined ? [] : [TargetGroupArn]),
    ...(ForwardConfig?.TargetGroups ?? []).flatMap((group) => group.TargetGroupArn ?? []),
  ]);
  return [...new Set(arns.map((arn) => arn.split('/').at(-2) ?? arn))];
}
