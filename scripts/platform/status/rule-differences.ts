import type { Difference, OwnedRule, Ownership } from './ownership.ts';

/** Rules that answer for what nobody gave their tenant, in the order of load balancers and priorities. */
export function ruleDifferences(ownership: Ownership): Difference[] {
  return ownership.rules.flatMap((rule) => {
    if (rule.tenant === undefined) return [withoutStack(rule)];
    return [...hostDifferences(ownership, rule, rule.tenant), ...priorityDifferences(ownership, rule, rule.tenant)];
  });
}

function withoutStack(rule: OwnedRule): Difference {
  const target = rule.targetGroups.length === 0 ? 'forwards to nothing' : `forwards to ${rule.targetGroups.join(', ')}`;
  return {
    kind: 'RULE_WITHOUT_STACK',
    text: `${nameOf(rule)} is in no tenant's stack; it ${target}`,
    next: `find out who made it: aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=CreateRule; then ${deletion(rule)}`,
  };
}

function hostDifferences({ hosts, environment }: Ownership, rule: OwnedRule, tenant: string): Difference[] {
  if (rule.hosts.length === 0) {
    const text = `${nameOf(rule)}, in the stack of ${tenant}, has no condition on the host`;
    return [{ kind: 'RULE_FOR_ALL_HOSTS', text, next: deletion(rule) }];
  }
  return rule.hosts.flatMap((host): Difference[] => {
    const claim = hosts.find((each) => each.host === host);
    const text = `${nameOf(rule)} is in the stack of ${tenant}`;
    if (claim === undefined) {
      const next = `if ${host} is in tenants/${tenant}.yml: vendhost tenant vend ${tenant} --environment ${environment}; else ${deletion(rule)}`;
      return [{ kind: 'RULE_HOST_UNCLAIMED', text: `${text}, and nobody claimed ${host}`, next }];
    }
    if (claim.tenant === undefined || claim.tenant === tenant) return [];
    const next = `${deletion(rule)}; then find out how it came into the stack of ${tenant}`;
    return [{ kind: 'RULE_HOST_OF_ANOTHER', text: `${text}, and ${claim.tenant} claimed ${host}`, next }];
  });
}

function priorityDifferences({ priorities, environment }: Ownership, rule: OwnedRule, tenant: string): Difference[] {
  const here = priorities.filter(({ balancer }) => balancer === rule.balancer);
  const claim = here.find(({ priority }) => priority === rule.priority);
  // One that cannot be read is named by itself.
  if (claim !== undefined && (claim.tenant === undefined || claim.tenant === tenant)) return [];
  const own = here.filter((each) => each.tenant === tenant).map(({ priority }) => priority);
  const holder = claim?.tenant ?? 'nobody';
  return [
    {
      kind: 'RULE_PRIORITY_DIFFERS',
      text: `${nameOf(rule)} is in the stack of ${tenant}, and ${holder} claimed ${rule.priority}; ${tenant} claimed ${own.length === 0 ? 'no number there' : own.join(', ')}`,
      next: `vendhost tenant vend ${tenant} --environment ${environment}: it gives the rule a number that is claimed`,
    },
  ];
}

function nameOf({ priority, balancer, hosts }: OwnedRule): string {
  return `rule ${priority} of ${balancer} (${hosts.length === 0 ? 'every host' : hosts.join(', ')})`;
}

function deletion({ arn }: OwnedRule): string {
  return `delete it: aws elbv2 delete-rule --rule-arn ${arn}`;
}
