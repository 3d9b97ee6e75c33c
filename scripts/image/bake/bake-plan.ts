import type { Aws } from '../../aws/session.ts';
import type { BakeInputs } from '../../config/stored.ts';
import { inputChanges } from '../bake-key.ts';
import { findImage, type TenantImage } from '../find.ts';
import { readRecord } from '../record.ts';
import type { PreparedBake } from './prepare.ts';

export type BakePlan =
  | { readonly action: 'use'; readonly imageId: string }
  /** Bake, for these reasons. */
  | { readonly action: 'bake'; readonly reasons: readonly string[] };

/** What EC2 and the bucket know of a tenant's images. */
export interface KnownImages {
  /** The image with the bake key. */
  readonly same: TenantImage | undefined;
  /** The newest of any key, and what it was made of. */
  readonly newest: TenantImage | undefined;
  readonly newestInputs: BakeInputs | undefined;
}

export async function readKnownImages(aws: Aws, { place, facts, bakeKey }: PreparedBake): Promise<KnownImages> {
  const same = await findImage(aws, place, bakeKey);
  if (same !== undefined) return { same, newest: same, newestInputs: undefined };
  const newest = await findImage(aws, place);
  const newestInputs = newest && (await readRecord(aws, facts.bucket, place.tenant, newest.bakeKey));
  return { same, newest, newestInputs };
}

/** Whether a bake is needed, and which inputs are the reason. */
export function planBake(inputs: BakeInputs, { same, newest, newestInputs }: KnownImages): BakePlan {
  if (same !== undefined) return { action: 'use', imageId: same.id };
  if (newest === undefined) return { action: 'bake', reasons: ['there is no image yet'] };
  if (newestInputs === undefined) {
    return { action: 'bake', reasons: [`no image has this bake key; what ${newest.id} was made of is not recorded`] };
  }
  return { action: 'bake', reasons: inputChanges(newestInputs, inputs).map((line) => `${line} (since ${newest.id})`) };
}
