import type { Aws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { mergeRequestOf, pushOf } from '../../gitlab/ci-context.ts';
import { readOwnImage } from '../../host/instances/own-image.ts';
import type { Runtime } from '../../runtime.ts';
import type { State } from '../decision.ts';
import { executionsBack, type ReleaseStore, readReleaseRecord } from '../history/executions.ts';
import { type Rollback, softwareOf, takenBack } from './plan-rollback.ts';

/**
 * Whether a job goes back: its pipeline is older than the one whose release it takes the place of. So it is when GitLab's button "Rollback
 * environment" runs an old pipeline's job again (https://docs.gitlab.com/ci/environments/deployments/#retry-or-roll-back-a-deployment).
 * GitLab's ids of pipelines ascend.
 *
 * @param revision key of what the job releases
 */
export async function rollbackOfOldPipeline(
  { env }: Runtime,
  aws: Aws,
  store: ReleaseStore,
  { place, state, revision }: { place: Place; state: State; revision: string },
): Promise<Rollback | undefined> {
  const of = takenBack(state);
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
 * The revision that the newest release of the job's commit had: for a job without the report of the job `package`, which GitLab no longer
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

/** The image that a revision was last released on; empty where no record says so. */
async function imageOf(aws: Aws, store: ReleaseStore, revision: string): Promise<string> {
  for await (const { record, status } of executionsBack(aws, store)) {
    if (status === 'Succeeded' && record?.revision === revision) return record.image;
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
