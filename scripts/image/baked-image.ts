import type { Image } from '@aws-sdk/client-ec2';
import type { Aws } from '../aws/session.ts';
import type { ImageRecord } from '../config/stored.ts';
import { describeImages } from './describe.ts';
import { bakeKeyOf } from './image-faults.ts';
import { type ImageOwner, readRecord, recordNaming } from './record.ts';

/** An image and what is known about its bake. */
export interface BakedImage {
  /** `undefined` if EC2 no longer has it, or does not show it. */
  readonly image: Image | undefined;
  readonly bakeKey: string | undefined;
  /** The record of its bake key; `undefined` if there is none, or it names another image. */
  readonly record: ImageRecord | undefined;
}

/** Reads an image by its id, and the record of its bake. */
export async function readBakedImage(aws: Aws, owner: ImageOwner, id: string): Promise<BakedImage> {
  const image = (await describeImages(aws, [id])).get(id);
  const bakeKey = image && bakeKeyOf(image);
  const record = bakeKey === undefined ? undefined : await readRecord(aws, owner, bakeKey);
  return { image, bakeKey, record: recordNaming(record, id) };
}
