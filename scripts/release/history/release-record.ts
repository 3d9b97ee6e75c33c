import { ConditionalObjects } from '../../aws/objects.ts';
import type { Aws } from '../../aws/session.ts';
import { keys, type Place } from '../../config/names.ts';
import { type ReleaseRecord, type RevisionPush, releaseRecordSchema, revisionPushSchema } from '../../config/stored.ts';
import { messageOf } from '../../errors.ts';
import { mergeRequestOf, pushOf } from '../../gitlab/ci-context.ts';
import { readOwnImage } from '../../host/instances/own-image.ts';
import type { Runtime } from '../../runtime.ts';

/** What is pushed, as far as a record says. */
export type ReleasedPush = Pick<ReleaseRecord, 'commit' | 'branch' | 'author' | 'message' | 'mergeRequest'>;

/** A revision of another environment: its push, by the record of the release there, and where it was deployed. */
export interface Promotion {
  readonly push: ReleasedPush;
  readonly from: NonNullable<ReleaseRecord['promotedFrom']>;
}

export interface StartedRelease {
  readonly place: Place;
  readonly bucket: string;
  readonly executionId: string;
  /** Key of the revision. */
  readonly revision: string;
  /** For a rollback: the target, the execution that is rolled back, and the image if that is rolled back, too. */
  readonly rollback?:
    | { readonly push: ReleasedPush; readonly of: string; readonly image?: string | undefined }
    | undefined;
  readonly promotion?: Promotion | undefined;
}

/**
 * Records who started an execution, and for which push, unless it is recorded: two jobs may follow one execution, and the first one
 * started it. A release without a record still counts, so a failure to write it is a warning.
 */
export async function recordRelease(runtime: Runtime, aws: Aws, started: StartedRelease): Promise<void> {
  const { bucket, place, executionId, rollback } = started;
  try {
    const [image = '', push] = await Promise.all([
      rollback?.image ?? readOwnImage(aws, place),
      releasedPush(runtime, aws, started),
    ]);
    const record = recordOf(runtime.env, started, { push, image, startedAt: new Date() });
    const objects = new ConditionalObjects<ReleaseRecord>(aws, bucket, releaseRecordSchema);
    await objects.create(keys.releaseRecord(place.tenant, executionId), record);
  } catch (error) {
    runtime.out.warn(`no record says who started the execution ${executionId}: ${messageOf(error)}`);
  }
}

/**
 * Updates the record of the running release: writes one if the job that started it was killed before it did, and records the image that the
 * revision ran on last, because a pipeline may bring another image and the same revision, which is no release.
 *
 * @param rollbackOf called only if there is no record: whether that release was a rollback
 */
export async function updateRecord(
  runtime: Runtime,
  aws: Aws,
  started: StartedRelease,
  rollbackOf: () => Promise<StartedRelease['rollback']> = async () => undefined,
): Promise<void> {
  const { bucket, place, executionId } = started;
  try {
    const objects = new ConditionalObjects<ReleaseRecord>(aws, bucket, releaseRecordSchema);
    const key = keys.releaseRecord(place.tenant, executionId);
    const [image, found] = await Promise.all([readOwnImage(aws, place), objects.read(key)]);
    if (found === undefined) return await recordRelease(runtime, aws, { ...started, rollback: await rollbackOf() });
    if (image === undefined || found.value.image === image) return;
    await objects.replace(key, { ...found.value, image }, found.etag);
  } catch (error) {
    runtime.out.warn(`the record of the execution ${executionId} has an older image: ${messageOf(error)}`);
  }
}

/** A release's record, by the job that started it. */
export function recordOf(
  env: Runtime['env'],
  { executionId, revision, rollback, promotion }: StartedRelease,
  { push, image, startedAt }: { push: ReleasedPush; image: string; startedAt: Date },
): ReleaseRecord {
  return {
    version: 1,
    executionId,
    revision,
    ...push,
    pipelineUrl: env.CI_PIPELINE_URL ?? '',
    jobUrl: env.CI_JOB_URL ?? '',
    user: env.GITLAB_USER_LOGIN ?? '',
    image,
    startedAt: startedAt.toISOString(),
    ...(rollback === undefined ? {} : { rollbackOf: rollback.of }),
    ...(promotion === undefined ? {} : { promotedFrom: promotion.from }),
  };
}

/** In a job it is the push it works on; elsewhere, the one that first uploaded the revision. */
async function releasedPush(
  { env }: Runtime,
  aws: Aws,
  { bucket, revision, rollback, promotion }: StartedRelease,
): Promise<ReleasedPush> {
  if (rollback !== undefined) return rollback.push;
  if (promotion !== undefined) return promotion.push;
  const { commit, branch, author, message } = pushOf(env);
  if (commit !== '') return { commit, branch, author, message, mergeRequest: mergeRequestOf(env) };
  return await firstPush(aws, bucket, revision);
}

/** The push that first uploaded a revision; empty if nothing is stored about it. */
export async function firstPush(aws: Aws, bucket: string, revision: string): Promise<ReleasedPush> {
  const pushes = new ConditionalObjects<RevisionPush>(aws, bucket, revisionPushSchema);
  const {
    commit = '',
    branch = '',
    author = '',
    message = '',
  } = (await pushes.read(keys.pushOf(revision)))?.value ?? {};
  return { commit, branch, author, message, mergeRequest: '' };
}
