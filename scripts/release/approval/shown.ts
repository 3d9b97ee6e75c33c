import { ConditionalObjects } from '../../aws/objects.ts';
import type { Aws } from '../../aws/session.ts';
import { keys, type Place } from '../../config/names.ts';
import { type ReleaseRecord, type RevisionPush, revisionPushSchema } from '../../config/stored.ts';
import { tableLines } from '../../output.ts';
import { readReleaseRecord } from '../history/executions.ts';
import { originWords, title } from '../history/release-words.ts';
import type { ReleasePipeline } from '../pipeline.ts';
import { readState } from '../release-state.ts';
import { readActions } from '../snapshot.ts';
import type { Pending } from './pending.ts';

/** The release that waits. A tenant cannot forge what AWS knows about it; its jobs wrote `said`. */
export interface PendingRelease {
  readonly place: Place;
  readonly executionId: string;
  /** Key of the revision, and the version of that object, which is the one deployed. */
  readonly revision: string;
  readonly version: string;
  /** An execution that waits behind it. */
  readonly next: string | undefined;
  /** Key of the revision that the instances have; `undefined` if that is unknown, or there is none. */
  readonly runs: string | undefined;
  readonly said: SaidRelease | undefined;
}

/** What the tenant's jobs wrote: who released what; empty if they did not say. */
export interface SaidRelease
  extends Pick<
    ReleaseRecord,
    'commit' | 'branch' | 'author' | 'message' | 'mergeRequest' | 'jobUrl' | 'user' | 'image'
  > {
  /** Page of GitLab with what changed since the revision that the instances have. */
  readonly changes: string;
  /** Of a promotion: where the revision was deployed before. */
  readonly promotedFrom?: ReleaseRecord['promotedFrom'];
}

export interface ShownParts {
  readonly place: Place;
  readonly bucket: string;
  readonly pipeline: ReleasePipeline;
  readonly signal: AbortSignal;
}

/** Reads what an approver should see of the execution that waits. */
export async function readShown(
  aws: Aws,
  parts: ShownParts,
  pending: Pick<Pending, 'executionId' | 'next'>,
): Promise<PendingRelease> {
  const { place, bucket, pipeline, signal } = parts;
  const { executionId, next } = pending;
  const [{ revision = '', version = '' }, { deployed }, record] = await Promise.all([
    readSource(aws, pipeline, executionId),
    readState(aws, pipeline, signal),
    readReleaseRecord(aws, { bucket, tenant: place.tenant }, executionId),
  ]);
  const runs = deployed === undefined ? undefined : (await readSource(aws, pipeline, deployed.executionId)).revision;
  const pushes = new ConditionalObjects<RevisionPush>(aws, bucket, revisionPushSchema);
  const [push, before] = await Promise.all(
    [revision, runs].map(async (key) => (key ? (await pushes.read(keys.pushOf(key)))?.value : undefined)),
  );
  return { place, executionId, revision, version, next, runs, said: saidOf(record, push, before) };
}

/** What an execution fetched, according to CodePipeline. */
async function readSource(aws: Aws, pipeline: ReleasePipeline, executionId: string) {
  const actions = await readActions(aws, pipeline, executionId);
  const source = actions.find(({ name }) => name === pipeline.source);
  return { revision: source?.revision, version: source?.externalId };
}

/** The release's own record is the most accurate; a revision's is about the push that uploaded it first. */
export function saidOf(
  record: ReleaseRecord | undefined,
  push: RevisionPush | undefined,
  before: RevisionPush | undefined,
): SaidRelease | undefined {
  const known = record ?? push;
  if (known === undefined) return undefined;
  const { commit, branch, author, message } = known;
  const { mergeRequest = '', jobUrl = '', user = '', image = '' } = record ?? {};
  const repository = push?.repository ?? '';
  const isCompared = repository !== '' && commit !== '' && before?.commit !== undefined && before.commit !== '';
  const changes = isCompared ? `${repository}/-/compare/${before.commit}...${commit}` : '';
  const { promotedFrom } = record ?? {};
  const promoted = promotedFrom === undefined ? {} : { promotedFrom };
  return { commit, branch, author, message, mergeRequest, jobUrl, user, image, changes, ...promoted };
}

/** The release as lines; what the tenant's jobs wrote is apart from what AWS knows. */
export function shownLines({ executionId, revision, version, next, runs, said, place }: PendingRelease): string[] {
  const known = [
    ['execution', executionId],
    ['revision', revision],
    ['version', version],
    ['runs now', runs ?? 'not known, or nothing'],
    ['behind it', next ?? ''],
  ];
  const header = `a release of ${place.tenant} waits for an approval in ${place.environment}`;
  if (said === undefined) return [header, ...indented(known), "  the tenant's jobs left no record of it"];
  const written = [
    ['started by', [said.user, said.jobUrl].filter(Boolean).join(', ')],
    [
      'commit',
      [said.commit, said.branch && `on ${said.branch}`, said.author && `by ${said.author}`].filter(Boolean).join(' '),
    ],
    ['message', title(said.message)],
    ['merge request', said.mergeRequest],
    ['image', said.image],
    ['promoted from', said.promotedFrom ? originWords(said.promotedFrom) : ''],
    ['changes', said.changes],
  ];
  return [
    header,
    ...indented(known),
    "  what the tenant's jobs say of it, and AWS does not know:",
    ...indented(written),
  ];
}

function indented(rows: readonly string[][]): string[] {
  return tableLines(rows.filter(([, value]) => value !== '')).map((line) => `  ${line}`);
}
