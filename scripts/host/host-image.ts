import type { Image } from '@aws-sdk/client-ec2';
import type { Aws } from '../aws/session.ts';
import { type Place, tags } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import { newPipeline } from '../gitlab/new-pipeline.ts';
import { bakeKeyTag } from '../image/find.ts';

/** An image the instances may start from. */
export interface HostImage {
  readonly id: string;
  readonly rootDevice: string;
}

/**
 * Reads an image and makes sure that instances of this tenant may start from it. Throws `IMAGE_UNKNOWN` when there is no
 * such image, `IMAGE_UNSUITABLE` with everything that is wrong with it.
 */
export async function readHostImage(aws: Aws, place: Place, id: string): Promise<HostImage> {
  const image = await describe(aws, id);
  if (image?.RootDeviceName === undefined) {
    throw new VendhostError('IMAGE_UNKNOWN', `no image ${id} in ${aws.region}`, { hint: bakeHint(place) });
  }
  const faults = hostImageFaults(image, place);
  if (faults.length === 0) return { id, rootDevice: image.RootDeviceName };
  throw new VendhostError('IMAGE_UNSUITABLE', `${id} is no image for ${place.tenant} in ${place.environment}`, {
    details: faults,
    hint: bakeHint(place),
  });
}

/** Everything that keeps an image from being used for a tenant's host. */
export function hostImageFaults(image: Image, place: Place): string[] {
  const faults: string[] = [];
  if (image.State !== 'available') faults.push(`it is ${image.State}, not available`);
  for (const { DeviceName, Ebs } of image.BlockDeviceMappings ?? []) {
    if (Ebs !== undefined && Ebs.Encrypted !== true) faults.push(`its volume ${DeviceName} is not encrypted`);
  }
  const found = new Map((image.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  for (const [tag, wanted] of Object.entries(tags(place.environment, 'image', place.tenant))) {
    if (found.get(tag) !== wanted) faults.push(`its tag ${tag} is ${found.get(tag) ?? 'missing'}, not ${wanted}`);
  }
  if (!found.has(bakeKeyTag)) faults.push(`it has no tag ${bakeKeyTag}: its bake did not finish`);
  return faults;
}

async function describe(aws: Aws, id: string): Promise<Image | undefined> {
  const { DescribeImagesCommand } = await import('@aws-sdk/client-ec2');
  try {
    const { Images } = await (await aws.ec2()).send(new DescribeImagesCommand({ ImageIds: [id] }));
    return Images?.[0];
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('InvalidAMIID')) return undefined;
    throw error;
  }
}

function bakeHint({ tenant, environment }: Place): string {
  return `in GitLab, ${newPipeline}: it bakes an image that fits; in a shell: vendhost image bake --tenant ${tenant} --environment ${environment}`;
}
