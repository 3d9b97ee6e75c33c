import type { Image } from '@aws-sdk/client-ec2';
import type { Aws } from '../../aws/session.ts';
import { names, tags } from '../../config/names.ts';
import type { Runtime } from '../../runtime.ts';
import { isRun, runTag, tracesOf } from '../bake-run.ts';
import { findImage } from '../find.ts';
import { tagOf } from '../image-faults.ts';
import { cleanUp } from '../leftovers.ts';
import type { PreparedBake } from './prepare.ts';

/**
 * Removes what runs left that died while they baked this key: the one whose lease was taken over, and those whose image no
 * record names. An image is made again rather than adopted: nobody verified it. Call it under the lease of the bake key.
 *
 * @param died the run that the lease names, which only this tenant can have written
 */
export async function removeForgotten(
  runtime: Runtime,
  aws: Aws,
  prepared: PreparedBake,
  died: string | undefined,
): Promise<void> {
  const { place, owner, bakeKey } = prepared;
  const [recorded, images] = await Promise.all([findImage(aws, owner, bakeKey), imagesOfKey(aws, prepared)]);
  const orphans = images.filter(({ ImageId }) => ImageId !== recorded?.imageId);
  const runs = new Set([died, ...orphans.map((image) => tagOf(image, runTag))].filter(isRun));
  for (const run of runs) await cleanUp(runtime, aws, tracesOf(place, bakeKey, run), `run ${run}, which died,`);
}

/** The tenant's images of the bake key, finished or not. Older versions did not tag images with their run: theirs may be in use. */
async function imagesOfKey(aws: Aws, { place, bakeKey }: PreparedBake): Promise<Image[]> {
  const { paginateDescribeImages } = await import('@aws-sdk/client-ec2');
  const wanted = { ...tags(place.environment, 'image', place.tenant), [runTag]: '*' };
  const filters = Object.entries(wanted).map(([tag, value]) => ({ Name: `tag:${tag}`, Values: [value] }));
  const named = { Name: 'name', Values: [names.image(place, bakeKey, '*')] };
  const found: Image[] = [];
  const pages = paginateDescribeImages({ client: await aws.ec2() }, { Owners: ['self'], Filters: [...filters, named] });
  for await (const page of pages) found.push(...(page.Images ?? []));
  return found;
}
