import type { Aws } from '../aws/session.ts';
import type { Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import { newPipeline } from '../gitlab/new-pipeline.ts';
import { describeImage, ownImageFaults } from '../image/find.ts';
import type { ImageOwner } from '../image/record.ts';

/** An image the instances may start from. */
export interface HostImage {
  readonly id: string;
  readonly rootDevice: string;
}

/**
 * Reads an image and makes sure that instances of this tenant may start from it. Throws `IMAGE_UNKNOWN` when there is no
 * such image, `IMAGE_UNSUITABLE` with everything that is wrong with it.
 */
export async function readHostImage(aws: Aws, owner: ImageOwner, id: string): Promise<HostImage> {
  const { place } = owner;
  const image = await describeImage(aws, id);
  if (image?.RootDeviceName === undefined) {
    throw new VendhostError('IMAGE_UNKNOWN', `no image ${id} in ${aws.region}`, { hint: bakeHint(place) });
  }
  const faults = await ownImageFaults(aws, owner, image);
  if (faults.length === 0) return { id, rootDevice: image.RootDeviceName };
  throw new VendhostError('IMAGE_UNSUITABLE', `${id} is not an image for ${place.tenant} in ${place.environment}`, {
    details: faults,
    hint: bakeHint(place),
  });
}

function bakeHint({ tenant, environment }: Place): string {
  return `in GitLab, ${newPipeline}: it bakes an image that fits; in a shell: vendhost image bake --tenant ${tenant} --environment ${environment}`;
}
