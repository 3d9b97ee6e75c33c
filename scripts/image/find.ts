import type { Image } from '@aws-sdk/client-ec2';
import type { Aws } from '../aws/session.ts';
import { keys } from '../config/names.ts';
import type { ImageRecord } from '../config/stored.ts';
import { bakeKeyOf, bakeKeyTag, imageFaults } from './image-faults.ts';
import { type ImageOwner, readRecord, recordNaming } from './record.ts';

/** The image that a tenant's record names. */
export interface RecordedImage extends ImageRecord {
  /** Why it cannot be used; empty when it can. */
  readonly faults: readonly string[];
}

/**
 * The image of a bake key: the one that the tenant's record names, compared with what EC2 knows about it. It is not looked up by
 * tags, because somebody else's image could have them. `undefined`: there is no record.
 */
export async function findImage(aws: Aws, owner: ImageOwner, bakeKey: string): Promise<RecordedImage | undefined> {
  const record = await readRecord(aws, owner, bakeKey);
  if (record === undefined) return undefined;
  const image = await describeImage(aws, record.imageId);
  if (image === undefined) return { ...record, faults: ['EC2 does not know it'] };
  const faults = imageFaults(image, { place: owner.place, account: await aws.account() });
  const found = bakeKeyOf(image);
  if (found !== undefined && found !== bakeKey) faults.push(`its tag ${bakeKeyTag} is ${found}, not ${bakeKey}`);
  return { ...record, faults };
}

/** Every reason why an image, however it was chosen, is not one of the tenant's bakes. */
export async function ownImageFaults(aws: Aws, owner: ImageOwner, image: Image): Promise<string[]> {
  const faults = imageFaults(image, { place: owner.place, account: await aws.account() });
  const bakeKey = bakeKeyOf(image);
  if (bakeKey === undefined) return faults;
  const record = await readRecord(aws, owner, bakeKey);
  const key = keys.imageRecord(owner.place.tenant, bakeKey);
  if (record === undefined) return [...faults, `no record of ${owner.place.tenant} names it: there is no ${key}`];
  return recordNaming(record, image.ImageId ?? '') !== undefined
    ? faults
    : [...faults, `${key} names ${record.imageId} instead of it`];
}

/** An image as EC2 describes it; `undefined` when EC2 has none with that id. */
export async function describeImage(aws: Aws, id: string): Promise<Image | undefined> {
  const { DescribeImagesCommand } = await import('@aws-sdk/client-ec2');
  try {
    const { Images } = await (await aws.ec2()).send(new DescribeImagesCommand({ ImageIds: [id] }));
    return Images?.[0];
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('InvalidAMIID')) return undefined;
    throw error;
  }
}
