import { keptOutput, ruleOutputs, switchOutput } from '../../cdk/tenant/entry/rule-groups.ts';
import type { Aws } from '../aws/session.ts';
import { readStandingRules, type StandingRule } from './listener-rules.ts';

/** What answers for a tenant's hosts; `partly`: the page for only some of them, as after a switch that ended between two rules. */
export type RuleAnswers = 'instances' | 'page' | 'partly';

/** Outputs of a tenant's entry stack. */
export type EntryOutputs = Readonly<Record<string, string>>;

/** Name of the document with which the tenant's jobs switch maintenance; `undefined` if they may not. */
export function switchOf(outputs: EntryOutputs): string | undefined {
  return outputs[switchOutput];
}

/** Whether maintenance is as the platform vended it, and nobody switches it. */
export function isVendedMaintenance(outputs: EntryOutputs): boolean {
  return mayBePaged(outputs) && switchOf(outputs) === undefined;
}

/** Whether a page may answer; whether it does, only the rules say. */
export function mayBePaged(outputs: EntryOutputs): boolean {
  return outputs[keptOutput] !== undefined;
}

/** What a tenant's rules answer with now. */
export async function readAnswers(aws: Aws, outputs: EntryOutputs): Promise<RuleAnswers> {
  return answersOf(outputs, await readRulesOf(aws, [outputs]));
}

/** All rules of the listeners on which these tenants have some: as many calls for a hundred tenants of a listener as for one. */
export async function readRulesOf(aws: Aws, tenants: readonly EntryOutputs[]): Promise<StandingRule[]> {
  const listeners = new Set(tenants.flatMap(answeringRules).map(listenerOf));
  return (await Promise.all([...listeners].map((listener) => readStandingRules(aws, listener)))).flat();
}

/** A rule that somebody deleted answers nothing. */
export function answersOf(
  outputs: EntryOutputs,
  standing: readonly Pick<StandingRule, 'arn' | 'targetGroups'>[],
): RuleAnswers {
  const own = answeringRules(outputs);
  const pages = standing.filter(({ arn }) => own.includes(arn)).map(({ targetGroups }) => targetGroups.length === 0);
  if (!pages.includes(true)) return 'instances';
  return pages.includes(false) ? 'partly' : 'page';
}

/** ARNs of the rules that answer for the hosts, without the ones that keep target groups in use. */
function answeringRules(outputs: EntryOutputs): string[] {
  return Object.entries(outputs)
    .filter(([name]) => name.startsWith(ruleOutputs) && !name.startsWith(keptOutput))
    .map(([, arn]) => arn);
}

/** `arn:…:listener-rule/app/<balancer>/<id>/<id>/<id>` → `arn:…:listener/app/<balancer>/<id>/<id>`. */
function listenerOf(rule: string): string {
  return rule.replace(':listener-rule/', ':listener/').replace(/\/[^/]+$/, '');
}
