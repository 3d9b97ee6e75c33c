import { VendhostError } from '../../errors.ts';
import type { Group } from './group.ts';

/**
 * The requested instance, or all of the host; throws `INSTANCE_UNKNOWN` for one that does not belong to the host.
 * @param meaning what happens when none is named: `to replace all`
 */
export function chosenOf(
  { name, members }: Pick<Group, 'name' | 'members'>,
  instance: string | undefined,
  meaning: string,
): readonly string[] {
  if (instance === undefined) return members;
  if (members.includes(instance)) return [instance];
  throw new VendhostError('INSTANCE_UNKNOWN', `${instance} is not an instance of ${name}`, {
    hint: members.length === 0 ? 'it has no instance' : `give one of ${members.join(', ')}, or none ${meaning}`,
  });
}
