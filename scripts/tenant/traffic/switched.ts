import type { Aws } from '../../aws/session.ts';
import { names, type Place } from '../../config/names.ts';
import { readAnswers, switchOf } from '../../listener/rule-answers.ts';
import { readStack, type StackState } from '../../stack/stack-state.ts';

/**
 * Whether the tenant has switched its maintenance on. A vend sets the rules to that answer again: CloudFormation changes a rule whenever its template
 * changes, for example when a host is added, and a new one on another load balancer must not bypass the page. A switch that ended between two rules counts as
 * on: behind the page may be a database that is being changed.
 */
export async function isSwitched(aws: Aws, place: Place): Promise<boolean> {
  return await isOn(aws, await readStack(aws, names.tenantStack(place, 'entry')));
}

/** The same, of an entry stack. */
export async function isOn(aws: Aws, entry: StackState | undefined): Promise<boolean> {
  if (entry === undefined || switchOf(entry.outputs) === undefined) return false;
  return (await readAnswers(aws, entry.outputs)) !== 'instances';
}
