import type { Aws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import { findTraces, type Leftovers, linesOfTraces } from '../../image/clean/leftovers.ts';
import { removeLeftovers } from '../../image/clean/remove.ts';
import { usesOf } from '../../retention/images/image-uses.ts';
import { readUses } from '../../retention/images/read-uses.ts';
import { imageSnapshots, type TenantImage, tenantImagesOf } from '../../retention/images/tenant-images.ts';
import type { Runtime } from '../../runtime.ts';

/** A tenant's images, and what bakes of it left. */
export interface RetiredImages {
  /** What goes, one thing each. */
  readonly images: readonly string[];
  /** Images that others use or that are protected, and why. */
  readonly usedImages: readonly string[];
}

/**
 * What would be removed and what would stay. As long as the tenant has a host, that also uses images: then all are listed for removal.
 */
export async function readRetiredImages(aws: Aws, place: Place, hasHost: boolean): Promise<RetiredImages> {
  const { left, used } = await splitImages(aws, place);
  if (!hasHost) return { images: linesOfTraces(left), usedImages: used.map(lineOfUsed) };
  const images = [...left.images, ...used.map(({ image }) => image.image)];
  const snapshots = [...new Set([...left.snapshots, ...images.flatMap(imageSnapshots)])];
  return { images: linesOfTraces({ ...left, images, snapshots }), usedImages: [] };
}

/**
 * Deregisters the tenant's images that nothing in the account uses, deletes their snapshots, and removes the leftovers of bakes. Call it when the
 * host stack is deleted. Throws if any list cannot be read to its end, and removes nothing then. Throws `RETIRE_INCOMPLETE`.
 */
export async function removeImages({ signal }: Pick<Runtime, 'signal'>, aws: Aws, place: Place): Promise<void> {
  const { left } = await splitImages(aws, place);
  const { failed } = await removeLeftovers(aws, left, signal);
  if (failed.length === 0) return;
  throw new VendhostError('RETIRE_INCOMPLETE', `cannot remove all images of ${place.tenant} in ${place.environment}`, {
    details: failed,
    hint: 'fix what EC2 reports above, then run the command again: it resumes',
  });
}

interface ImageInUse {
  readonly image: TenantImage;
  readonly reasons: readonly string[];
}

async function splitImages(aws: Aws, place: Place): Promise<{ left: Leftovers; used: readonly ImageInUse[] }> {
  const [account, traces] = await Promise.all([readUses(aws), findTraces(aws, place)]);
  const own = tenantImagesOf(account.images, place);
  const uses = usesOf(account);
  const ownUses = new Set(own.map(({ id }) => `image ${id}`));
  const used = own.flatMap((image): ImageInUse[] => {
    const others = (uses.get(image.id) ?? []).filter((use) => !ownUses.has(use));
    const reasons = [...others.map((use) => `${use} uses it`), ...(image.isProtected ? ['it is protected'] : [])];
    return reasons.length === 0 ? [] : [{ image, reasons }];
  });
  const stays = new Set(used.map(({ image }) => image));
  const needed = new Set(used.flatMap(({ image }) => image.snapshots));
  const runs = [...traces.values()];
  const snapshots = [...own.flatMap((each) => each.snapshots), ...runs.flatMap((each) => each.snapshots)];
  const left = {
    instances: runs.flatMap(({ instances }) => instances),
    keyPairs: runs.flatMap(({ keyPairs }) => keyPairs),
    securityGroups: runs.flatMap(({ securityGroups }) => securityGroups),
    images: own.filter((image) => !stays.has(image)).map(({ image }) => image),
    snapshots: [...new Set(snapshots)].filter((id) => !needed.has(id)),
  };
  return { left, used };
}

function lineOfUsed({ image, reasons }: ImageInUse): string {
  return `image ${image.id}: ${reasons.join('; ')}`;
}
