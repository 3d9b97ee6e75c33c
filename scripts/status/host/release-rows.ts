import { abbreviated } from '../../output.ts';
import type { Release } from '../../release/history/release.ts';
import { revisionWords, shortRevision, title } from '../../release/history/release-words.ts';
import { timeWords } from '../age.ts';

/** A release as a view shows it; what nobody recorded is empty. Times are ISO 8601. */
export interface ReleaseRow {
  readonly executionId: string;
  readonly state: Release['state'];
  /** The hash that names the revision, whole. */
  readonly revision: string;
  readonly commit: string;
  readonly author: string;
  /** First line of the commit's message. */
  readonly message: string;
  readonly mergeRequest: string;
  /** Who started it. */
  readonly user: string;
  readonly jobUrl: string;
  /** Image of the instances when it was started. */
  readonly image: string;
  readonly since: string;
}

/** `since` is when it ended; of one that waits, when it began to wait; of one that goes on, when it began. */
export function releaseRow(release: Release): ReleaseRow {
  const { executionId, state, record, approval, start, end } = release;
  const waiting = state === 'waiting for approval' ? approval?.at : undefined;
  return {
    executionId,
    state,
    revision: revisionName(record?.revision ?? release.revision ?? ''),
    commit: record?.commit ?? '',
    author: record?.author ?? '',
    message: title(record?.message ?? ''),
    mergeRequest: record?.mergeRequest ?? '',
    user: record?.user ?? '',
    jobUrl: record?.jobUrl ?? '',
    image: record?.image ?? '',
    since: timeWords(waiting ?? end ?? start),
  };
}

/**
 * Whether an execution is somebody's release: CodePipeline itself starts one when a pipeline is created, which finds no revision and fails
 * (docs/decisions/0005-pipelines-name-no-revision.md).
 */
export function isOfSomebody({ record, deploymentId, intake }: Release): boolean {
  return record !== undefined || deploymentId !== undefined || intake === true;
}

/** The release in a few words: `0a1b2c3d, commit 01234567 by Ada: A page`. */
export function releaseWords({ executionId, record, revision }: Release): string {
  if (record === undefined && revision !== undefined)
    return `${shortRevision(revision)}, of which nobody wrote a record`;
  if (record === undefined) return `execution ${abbreviated(executionId)}, of which nobody wrote a record`;
  return revisionWords(record.revision, record);
}

/** The hash in a revision's key. */
function revisionName(key: string): string {
  return key.replace(/^.*\//, '').replace(/\.zip$/, '');
}
