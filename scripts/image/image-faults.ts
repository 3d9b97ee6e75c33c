import type { Image } from '@aws-sdk/client-ec2';
import { type Place, tags } from '../config/names.ts';

/** The tag that names an image's bake key. It is for people and for IAM: an image is found by its tenant's record. */
export const bakeKeyTag = 'vendhost:bake-key';

/** What an image must be. */
export interface WantedImage {
  readonly place: Place;
  /** The account that must own it, 12 digits. */
  readonly account: string;
}

/** Every reason why an image is not a tenant's own, finished and encrypted. */
export function imageFaults(image: Image, { place, account }: WantedImage): string[] {
  const faults: string[] = [];
  if (image.OwnerId !== account) faults.push(`it belongs to the account ${image.OwnerId}, not to ${account}`);
  if (image.State !== 'available') faults.push(`it is ${image.State}, not available`);
  for (const { DeviceName, Ebs } of image.BlockDeviceMappings ?? []) {
    if (Ebs !== undefined && Ebs.Encrypted !== true) faults.push(`its volume ${DeviceName} is not encrypted`);
  }
  for (const [tag, wanted] of Object.entries(tags(place.environment, 'image', place.tenant))) {
    const found = tagOf(image, tag);
    if (found !== wanted) faults.push(`its tag ${tag} is ${found ?? 'missing'}, not ${wanted}`);
  }
  if (bakeKeyOf(image) === undefined) faults.push(`it has no tag ${bakeKeyTag} of a bake: it was not finished`);
  return faults;
}

/** The bake key in an image's tags, if it is one. */
export function bakeKeyOf(image: Image): string | undefined {
  const key = tagOf(image, bakeKeyTag);
  return key !== undefined && /^[0-9a-f]{64}$/.test(key) ? key : undefined;
}

export function tagOf(image: Image, tag: string): string | undefined {
  return image.Tags?.find(({ Key }) => Key === tag)?.Value;
}
