import { names } from '../../config/names.ts';
import { checkHosts } from '../../host/check-hosts.ts';
import type { Finding } from '../../report/report.ts';
import { readTemplate } from '../../stack/stack-plan.ts';
import { isSteady, readStack } from '../../stack/stack-state.ts';
import type { SectionBody } from '../findings/section.ts';
import type { TenantContext } from './tenant-context.ts';

/** A listener rule of the tenant's entry stack. */
export interface EntryRule {
  readonly hosts: readonly string[];
  readonly priority: string;
}

/** Hosts and priorities as they are, and whether the rules answer for what the tenant was given. */
export async function trafficBody({ aws, place, inputs }: TenantContext, id: string): Promise<SectionBody> {
  const { record, facts } = inputs;
  await checkHosts(aws, place, facts.bucket, record.hosts);
  const name = names.tenantStack(place, 'entry');
  const [stack, template] = await Promise.all([readStack(aws, name), readTemplate(aws, name)]);
  const next = `ask the platform team to run: vendhost tenant vend ${place.tenant} --environment ${place.environment}`;
  if (stack === undefined) {
    const title = `there is no stack ${name}: no listener rule leads to the tenant`;
    return { summary: 'no listener rule', findings: [{ id: `${id}/missing`, gravity: 'fault', title, next }] };
  }
  const rules = rulesOf(template ?? {}, stack.parameters);
  const findings = ruleFindings(id, record.hosts, rules).map((finding) => ({ ...finding, next }));
  if (!isSteady(stack.status)) {
    findings.push({ id: `${id}/state`, gravity: 'change', title: `${name} is ${stack.status}`, next });
  }
  return { summary: rules.map(({ hosts, priority }) => `${hosts.join(', ')} at priority ${priority}`).join('; '), findings };
}

/** What answers for other hosts than the record says: the next vend puts that right, not this push. */
export function ruleFindings(id: string, hosts: readonly string[], rules: readonly EntryRule[]): Finding[] {
  const served = new Set(rules.flatMap((rule) => rule.hosts));
  return [
    ...hosts
      .filter((host) => !served.has(host))
      .map((host): Finding => {
        return { id: `${id}/${host}`, gravity: 'change', title: `no listener rule answers for ${host}, a host of the tenant` };
      }),
    ...[...served]
      .filter((host) => !hosts.includes(host))
      .map((host): Finding => {
        return { id: `${id}/${host}`, gravity: 'change', title: `a listener rule answers for ${host}, no longer a host of the tenant` };
      }),
  ];
}

interface RuleResource {
  readonly Type?: string;
  readonly Properties?: {
    readonly Priority?: unknown;
    readonly Conditions?: readonly { readonly HostHeaderConfig?: { readonly Values?: readonly string[] } }[];
  };
}

/** The rules of an entry stack, with the numbers that it was deployed with. */
export function rulesOf(template: Record<string, unknown>, parameters: Readonly<Record<string, string>>): EntryRule[] {
  const resources = Object.values((template.Resources ?? {}) as Record<string, RuleResource>);
  return resources.flatMap(({ Type, Properties: { Conditions = [], Priority } = {} }) => {
    if (Type !== 'AWS::ElasticLoadBalancingV2::ListenerRule') return [];
    const hosts = Conditions.flatMap(({ HostHeaderConfig }) => HostHeaderConfig?.Values ?? []);
    const name = (Priority as { Ref?: string } | undefined)?.Ref;
    return [{ hosts, priority: name === undefined ? String(Priority) : (parameters[name] ?? 'unknown') }];
  });
}
