import type { ImageRecord } from '../../config/stored.ts';
import type { KeptLease } from '../../image/bake/lease.ts';
import { counted } from '../../repository/findings.ts';
import type { KeptRelease } from '../kept-releases.ts';
import { oneDayMs, type RetentionRules } from '../rules.ts';
import type { ImageUses } from './image-uses.ts';
import type { TenantImage } from './tenant-images.ts';

/** The record of a bake key, as it was read. */
export interface FoundRecord extends ImageRecord {
  readonly etag: string;
  /** Since a job chose the image, by S3's clock. */
  readonly ageMs: number;
}

/** A tenant's images in one environment, and every reason to keep one. */
export interface ImageStanding {
  /** Newest first. */
  readonly images: readonly TenantImage[];
  readonly uses: ImageUses;
  /** By bake key. */
  readonly records: ReadonlyMap<string, FoundRecord>;
  readonly leases: readonly KeptLease[];
  readonly releases: readonly KeptRelease[];
  readonly now: Date;
}

export interface JudgedImage {
  readonly image: TenantImage;
  /** Why it is kept; empty when it is not. */
  readonly reasons: readonly string[];
}

/** An image to remove, with the record that names it, and its snapshots that no remaining image needs. */
export interface RemovedImage {
  readonly image: TenantImage;
  readonly record: FoundRecord | undefined;
  readonly snapshots: readonly string[];
}

export interface ImagePrunePlan {
  /** Oldest first. */
  readonly remove: readonly RemovedImage[];
  readonly kept: readonly JudgedImage[];
}

/** Which images to remove. The newest of a tenant's count, whether or not something uses them. */
export function planImagePrune(facts: ImageStanding, rules: RetentionRules): ImagePrunePlan {
  const judged = judgeImages(facts, rules);
  const kept = judged.filter(({ reasons }) => reasons.length > 0);
  const needed = new Set(kept.flatMap(({ image }) => image.snapshots));
  const remove = judged
    .filter(({ reasons }) => reasons.length === 0)
    .map(({ image }) => ({
      image,
      record: ownRecord(image, facts),
      snapshots: image.snapshots.filter((id) => !needed.has(id)),
    }));
  return { remove: remove.toReversed(), kept };
}

/** Each image with what keeps it. */
export function judgeImages(facts: ImageStanding, rules: RetentionRules): JudgedImage[] {
  const finished = facts.images.filter(({ bakeKey }) => bakeKey !== undefined);
  const newest = new Set(finished.slice(0, rules.keep));
  return facts.images.map((image) => ({
    image,
    reasons: [
      ...stateReasons(image),
      ...(facts.uses.get(image.id) ?? []).map((use) => `${use} uses it`),
      ...claimReasons(image, facts),
      ...(newest.has(image) ? [`it is among the newest ${rules.keep}`] : []),
      ...ageReasons(image, facts.now, rules),
    ],
  }));
}

function stateReasons({ state, bakeKey, isProtected }: TenantImage): string[] {
  if (bakeKey === undefined) return ['its bake did not finish: vendhost image clean removes it'];
  if (state !== 'available') return [`it is ${state}`];
  return isProtected ? ['it is protected from deregistration'] : [];
}

/** Who will need it: a bake, a job that just chose it, a release. */
function claimReasons(image: TenantImage, facts: ImageStanding): string[] {
  const record = ownRecord(image, facts);
  const lease = facts.leases.find(
    ({ key, run, isStale }) => !isStale && (run === image.run || key.endsWith(`/${image.bakeKey}.json`)),
  );
  return [
    ...(lease === undefined ? [] : [`a bake is in progress for it: ${lease.job}`]),
    ...(record !== undefined && record.ageMs < oneDayMs ? ['a job chose it less than 24 hours ago'] : []),
    ...facts.releases.filter(({ record: of }) => of?.image === image.id).map(({ reason }) => reason),
  ];
}

function ageReasons({ createdAt }: TenantImage, now: Date, { olderThanDays }: RetentionRules): string[] {
  // An image without a date is of unknown age.
  const age = now.getTime() - createdAt.getTime();
  return age >= olderThanDays * oneDayMs ? [] : [`it is younger than ${counted(olderThanDays, 'day')}`];
}

/** The record that names this image; another image may have the same bake key. */
function ownRecord({ id, bakeKey = '' }: TenantImage, { records }: ImageStanding): FoundRecord | undefined {
  const record = records.get(bakeKey);
  return record?.imageId === id ? record : undefined;
}
