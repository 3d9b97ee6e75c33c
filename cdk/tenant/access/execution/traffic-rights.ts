import { names } from '../../../../scripts/config/names.ts';
import type { Right } from '../../../role.ts';
import type { Scope } from '../tenant-scope.ts';

/** Target group and listener rule. */
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
      because: 'The name ends in a port, the ARN in an id that AWS gives.',
    },
    {
      sid: 'MakeRules',
      actions: ['elasticloadbalancing:CreateRule'],
      resources: [elb(`listener/${balancer}/*`)],
      because: "The load balancer that serves the tenant; the listener's ARN ends in an id that AWS gives.",
    },
    {
      sid: 'TagRules',
      actions: ['elasticloadbalancing:AddTags'],
      resources: [elb('listener-rule/app/*')],
      when: { ...scope.tagging, ...scope.taggedSoon },
      because: "Only to make a new rule the tenant's, or on what is.",
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
      when: scope.tagged,
      because:
        "Not the other tenants' rules; a tenant that moves to another load balancer leaves a rule on the old one.",
    },
  ];
}
