import type { Aws } from '../../aws/session.ts';
import type { BakeInputs, ImageRecord } from '../../config/stored.ts';
import { inputChanges } from '../bake-key.ts';
import { findImage, type RecordedImage } from '../find.ts';
import { readNewestRecord } from '../record.ts';
import type { PreparedBake } from './prepare.ts';

export type BakePlan =
  | { readonly action: 'use'; readonly imageId: string }
  /** Bake, for these reasons. */
  | { readonly action: 'bake'; readonly reasons: readonly string[] };

/** A tenant's images, by its records and EC2. */
export interface KnownImages {
  /** The image on record for the bake key. */
  readonly same: RecordedImage | undefined;
  /** The newest on record, of any key. */
  readonly newest: ImageRecord | undefined;
}

export async function readKnownImages(aws: Aws, { owner, bakeKey }: PreparedBake): Promise<KnownImages> {
  const same = await findImage(aws, owner, bakeKey);
  return { same, newest: same ?? (await readNewestRecord(aws, owner)) };
}

/** Whether a bake is needed, and which inputs are the reason. */
export function planBake(inputs: BakeInputs, { same, newest }: KnownImages): BakePlan {
  if (same?.faults.length === 0) return { action: 'use', imageId: same.imageId };
  if (same !== undefined) {
    const reasons = same.faults.map((fault) => `${same.imageId}, on record for this bake key: ${fault}`);
    return { action: 'bake', reasons };
  }
  if (newest === undefined) return { action: 'bake', reasons: ['there is no image on record yet'] };
  const since = `(since ${newest.imageId})`;
  return { action: 'bake', reasons: inputChanges(newest.inputs, inputs).map((line) => `${line} ${since}`) };
}
