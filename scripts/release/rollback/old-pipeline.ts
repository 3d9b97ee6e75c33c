import type { Aws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { mergeRequestOf, pushOf } from '../../gitlab/ci-context.ts';
import { readOwnImage } from '../../host/instances/own-image.ts';
import type { Runtime } from '../../runtime.ts';
import { executionsBack, listedBack, type ReleaseStore, readReleaseRecord } from '../history/executions.ts';
import { type Rollback, softwareOf } from './plan-rollback.ts';
import { isReleased } from './step-back.ts';

/**
 * Whether a job is a rollback: its pipeline is older than the one whose release it replaces. This happens when GitLab's button "Rollback
 * environment" runs an old pipeline's job again (https://docs.gitlab.com/ci/environments/deployments/#retry-or-roll-back-a-deployment).
 * GitLab's ids of pipelines ascend.
 *
 * @param of execution whose release it replaces
 * @param revision key of what the job releases
 */
export async function rollbackOfOldPipeline(
  { env }: Runtime,
  aws: Aws,
  store: ReleaseStore,
  { place, of, revision }: { place: Place; of: string | undefined; revision: string },
): Promise<Rollback | undefined> {
  const own = pipelineAt(env.CI_PIPELINE_URL);
  if (of === undefined || own === undefined) return undefined;
  const from = await readReleaseRecord(aws, store, of);
  const newer = pipelineAt(from?.pipelineUrl);
  if (from === undefined || newer === undefined || newer.project !== own.project || newer.id <= own.id)
    return undefined;
  const { commit, branch, author, message } = pushOf(env);
  const push = { commit, branch, author, message, mergeRequest: mergeRequestOf(env) };
  const [image, present] = await Promise.all([imageOf(aws, store, revision), readOwnImage(aws, place)]);
  return {
    ...{ of, from: softwareOf(from), to: { revision, push, image } },
    ...(image === '' || present === undefined || image === present ? {} : { note: imageStays(present, image) }),
  };
}

/**
 * The successful release that a finished release replaced. For a job that was killed before it wrote the record, and is
 * run again.
 */
export async function releasedBefore(aws: Aws, store: ReleaseStore, executionId: string): Promise<string | undefined> {
  let isOlder = false;
  for await (const { id, status } of listedBack(aws, store.pipeline)) {
    if (isOlder && isReleased({ status })) return id;
    isOlder ||= id === executionId;
  }
  return undefined;
}

/**
 * The revision of the newest release of the job's commit: for a job without the report of the job `package`, which GitLab no longer
 * passes on once it has expired.
 */
export async function revisionOfCommit(
  aws: Aws,
  store: ReleaseStore,
  { CI_COMMIT_SHA: commit = '' }: Runtime['env'],
): Promise<string | undefined> {
  if (commit === '') return undefined;
  for await (const { record } of executionsBack(aws, store)) {
    if (record?.commit === commit) return record.revision;
  }
  return undefined;
}

/** The image that a revision was last released on; empty if no record says so. */
async function imageOf(aws: Aws, store: ReleaseStore, revision: string): Promise<string> {
  for await (const { record, status } of executionsBack(aws, store)) {
    if (isReleased({ status }) && record?.revision === revision) return record.image;
  }
  return '';
}

/** The job of a release has no checkout and does not provision. */
function imageStays(present: string, image: string): string {
  return `image ${present} stays: the revision ran on ${image}; \`vendhost release rollback --to\` with this commit takes it back, too`;
}

/** Project and id in a pipeline's URL. */
function pipelineAt(url = ''): { readonly project: string; readonly id: number } | undefined {
  const [, project = '', id] = /^(.+)\/-\/pipelines\/(\d+)$/.exec(url) ?? [];
  return id === undefined ? undefined : { project, id: Number(id) };
}
