import { ConditionalObjects } from '../aws/objects.ts';
import type { Aws } from '../aws/session.ts';
import { keys } from '../config/names.ts';
import { type BakeInputs, bakeInputsSchema } from '../config/stored.ts';

/** Stores what an image was made of, so that the next bake can say what changed. A record of the bake key says the same. */
export async function writeRecord(
  aws: Aws,
  bucket: string,
  tenant: string,
  key: string,
  inputs: BakeInputs,
): Promise<void> {
  await records(aws, bucket).create(keys.bakeInputs(tenant, key), inputs);
}

/** What an image was made of; `undefined` when its record is gone, or of a version that recorded something else. */
export async function readRecord(
  aws: Aws,
  bucket: string,
  tenant: string,
  key: string,
): Promise<BakeInputs | undefined> {
  return (await records(aws, bucket).read(keys.bakeInputs(tenant, key)))?.value;
}

function records(aws: Aws, bucket: string): ConditionalObjects<BakeInputs | undefined> {
  return new ConditionalObjects(aws, bucket, bakeInputsSchema.optional().catch(undefined));
}
