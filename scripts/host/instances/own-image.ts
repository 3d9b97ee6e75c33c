import type { Aws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { readGroup } from './group.ts';
import { readLaunchVersions } from './launch-template.ts';

/** The image that the instances of a virtual host start from; `undefined` when it has no instances yet. */
export async function readOwnImage(aws: Aws, place: Place): Promise<string | undefined> {
  const group = await readGroup(aws, place);
  return group === undefined ? undefined : (await readLaunchVersions(aws, group)).own.data.ImageId;
}
