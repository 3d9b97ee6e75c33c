import { names } from '../../../../scripts/config/names.ts';
import { merge, type Right } from '../../../role.ts';
import type { Scope } from '../tenant-scope.ts';

/** Target groups and listener rules. */
export function trafficRights(scope: Scope): Right[] {
  const balancer = scope.facts['load-balancer-arn'].split(':loadbalancer/')[1] ?? '';
  const elb = (resource: string) => scope.arn('elasticloadbalancing', resource);
  return [
    {
      sid: 'TargetGroups',
      actions: [
        'elasticloadbalancing:AddTags',
        'elasticloadbalancing:CreateTargetGroup',
        'elasticloadbalancing:DeleteTargetGroup',
        'elasticloadbalancing:ModifyTargetGroup',
        'elasticloadbalancing:ModifyTargetGroupAttributes',
        'elasticloadbalancing:RemoveTags',
      ],
      resources: [elb(`targetgroup/${names.targetGroupPrefix(scope.place)}*/*`)],
      because: "The tenant's own target groups: their names end in the port, their ARNs in an id that AWS chooses.",
    },
    {
      sid: 'MakeRules',
      actions: ['elasticloadbalancing:CreateRule'],
      resources: [elb(`listener/${balancer}/*`)],
      because: "The load balancer that serves the tenant; a listener's ARN ends in an id that AWS chooses.",
    },
    {
      sid: 'TagRules',
      actions: ['elasticloadbalancing:AddTags'],
      resources: [elb('listener-rule/app/*')],
      when: merge(scope.requestTags, { StringEquals: { 'elasticloadbalancing:CreateAction': 'CreateRule' } }),
      because: 'Only in the call that creates the rule.',
    },
    {
      sid: 'OwnRules',
      actions: [
        'elasticloadbalancing:DeleteRule',
        'elasticloadbalancing:ModifyRule',
        'elasticloadbalancing:RemoveTags',
        'elasticloadbalancing:SetRulePriorities',
      ],
      resources: [elb('listener-rule/app/*')],
      when: scope.resourceTags,
      because:
        "The tenant's own rules on any load balancer: after a move to another one, the old rule is still to be deleted.",
    },
  ];
}
