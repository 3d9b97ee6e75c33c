import { checkHosts } from '../../host/check-hosts.ts';
import type { Finding } from '../../report/report.ts';
import { recordedRules } from '../../tenant/traffic/tenant-rules.ts';
import type { SectionBody } from '../findings/planned-section.ts';
import type { TenantContext } from './tenant-context.ts';

/**
 * The present hosts and priorities. Only the platform changes them: a push never does. The target group shows whether a rule leads to the tenant,
 * because AWS lets nobody read the rules of one tenant without those of all.
 */
export async function trafficBody({ aws, place, inputs }: TenantContext, id: string): Promise<SectionBody> {
  const { record, facts, targetGroup } = inputs;
  const { hosts, loadBalancer } = record;
  await checkHosts(aws, place, facts.bucket, hosts);
  const rules = await recordedRules(aws, { place, facts, hosts, loadBalancer });
  const isLed = (targetGroup.settings.LoadBalancerArns ?? []).length > 0;
  const next = `ask the platform team to run: vendhost tenant vend ${place.tenant} --environment ${place.environment}`;
  const findings = [
    ...rules.filter(({ priority }) => priority === undefined).map((rule) => noPriority(id, rule.hosts)),
    ...(isLed ? [] : [noRule(id, targetGroup.name)]),
  ].map((finding) => ({ ...finding, next }));
  const summary = rules.map((rule) => `${rule.hosts.join(', ')} at priority ${rule.priority ?? 'unknown'}`).join('; ');
  return { summary, findings };
}

function noPriority(id: string, hosts: readonly string[]): Finding {
  const title = `${hosts.join(', ')}: the tenant has no listener priority for it`;
  return { id: `${id}/priority/${hosts.join(',')}`, gravity: 'change', title };
}

function noRule(id: string, targetGroup: string): Finding {
  const title = `no listener rule leads to ${targetGroup}: nobody reaches the software, whatever is released`;
  return { id: `${id}/rule`, gravity: 'interruption', title };
}
