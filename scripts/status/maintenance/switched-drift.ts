import type { Aws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { readResourceDrifts } from '../../drift/stacks/read-drifts.ts';
import { withoutSwitched } from '../../drift/stacks/switched-rules.ts';
import { type EntryOutputs, switchOf } from '../../listener/rule-answers.ts';

/**
 * The result of the last drift detection of a stack, without what the tenant's jobs had switched then: CloudFormation calls that drift. Reads more only for a
 * drifted entry stack whose maintenance they may switch.
 *
 * @param found CloudFormation's word for the whole stack
 */
export async function driftBesidesSwitch(
  aws: Aws,
  { tenant, environment }: Place,
  { name, found, outputs }: { readonly name: string; readonly found: string; readonly outputs: EntryOutputs },
): Promise<string> {
  if (found !== 'DRIFTED' || switchOf(outputs) === undefined) return found;
  // Of whatever time: a resource that was not looked at again is as it was found.
  const resources = await readResourceDrifts(aws, name, new Date(0));
  const rest = withoutSwitched(environment, { tenant, maySwitch: true }, resources);
  const isSwitched = rest.some((resource) => resource.isSwitched === true);
  return isSwitched && !rest.some(({ status }) => status === 'MODIFIED' || status === 'DELETED') ? 'IN_SYNC' : found;
}
