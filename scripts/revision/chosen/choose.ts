import { ConditionalObjects, type Stored } from '../../aws/objects.ts';
import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import { keys } from '../../config/names.ts';
import { type RevisionPush, revisionPushSchema } from '../../config/stored.ts';
import { isUploaded } from '../upload.ts';

/** Descriptions are rewritten when their revision is chosen this long after; what was chosen within 24 hours is not pruned. */
const markAgainAfterMs = 12 * 60 * 60_000;

/** A prune deletes immediately after marking: this long after the mark it was killed. */
const pruneMs = 120_000;

/** A revision in a bucket, by its key. */
export interface ChosenRevision {
  readonly bucket: string;
  readonly revision: string;
}

/**
 * Marks the description of a revision's push, so that no prune deletes the revision before its release. A prune also marks it before it
 * deletes: one of the two marks is first, and the other side sees it. Returns whether the revision must be looked up again: one that a prune
 * was about to delete is gone when this returns, or that prune was killed.
 */
export async function chooseRevision(aws: Aws, chosen: ChosenRevision, signal: AbortSignal): Promise<boolean> {
  const what = `a prune that deletes ${chosen.revision}`;
  const check = async () => await tryToChoose(aws, chosen, signal);
  return await poll({ what, pace: aws.pace, limitMs: 2 * pruneMs, signal, check });
}

/** `undefined`: a prune is deleting it, or somebody else has marked it meanwhile. */
async function tryToChoose(
  aws: Aws,
  { bucket, revision }: ChosenRevision,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const pushes = descriptions(aws, bucket);
  const key = keys.pushOf(revision);
  const found = await pushes.read(key);
  if (found === undefined) return false;
  const { prunedAt, ...push } = found.value;
  if (prunedAt === undefined && found.ageMs < markAgainAfterMs) return false;
  const isPruning = prunedAt !== undefined && found.ageMs < pruneMs;
  if (isPruning && (await isUploaded(aws, { bucket, key: revision }, signal))) return undefined;
  // The time changes the object and its ETag.
  const marked = { ...push, chosenAt: new Date().toISOString() };
  return (await pushes.replace(key, marked, found.etag)).outcome === 'lost' ? undefined : true;
}

/** The description of a revision's push, with its ETag. */
export async function readDescription(
  aws: Aws,
  { bucket, revision }: ChosenRevision,
): Promise<Stored<RevisionPush> | undefined> {
  return await descriptions(aws, bucket).read(keys.pushOf(revision));
}

/** Marks a revision that is about to be deleted; `false` when a job has chosen it since its description was listed with this ETag. */
export async function markPruned(aws: Aws, chosen: ChosenRevision, etag: string | undefined): Promise<boolean> {
  const found = await readDescription(aws, chosen);
  if (found?.etag !== etag) return false;
  if (found === undefined) return true;
  const marked = { ...found.value, prunedAt: new Date().toISOString() };
  const key = keys.pushOf(chosen.revision);
  return (await descriptions(aws, chosen.bucket).replace(key, marked, found.etag)).outcome !== 'lost';
}

function descriptions(aws: Aws, bucket: string): ConditionalObjects<RevisionPush> {
  return new ConditionalObjects<RevisionPush>(aws, bucket, revisionPushSchema.loose());
}
