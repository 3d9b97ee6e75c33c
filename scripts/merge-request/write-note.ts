import { VendhostError } from '../errors.ts';
import { type GitlabApi, openGitlab } from '../gitlab/api.ts';
import { type MergeRequestName, mergeRequestsOf } from '../gitlab/merge-request.ts';
import { noteHints, writeStickyNote } from '../gitlab/sticky-note.ts';
import { noteOf } from '../report/note.ts';
import { markerStart, pipelineIn } from '../report/note-marker.ts';
import type { Report } from '../report/report.ts';
import type { Runtime } from '../runtime.ts';

export interface NoteTarget {
  /** Identifies the note. */
  readonly key: string;
  /** File with the HTML page, an artifact of this job. */
  readonly page: string | undefined;
  /** Branch that the plan is for: of the requests that are open from a branch, only one into this branch gets it. */
  readonly target: string | undefined;
}

/**
 * Puts the plan into a note of the merge request, or edits the existing one. The note is a convenience: without a token, and when
 * GitLab refuses or does not answer, that is reported, and the plan is in the log and the artifacts.
 */
export async function writeNote(runtime: Runtime, report: Report, target: NoteTarget): Promise<void> {
  const { env, out, signal } = runtime;
  const requests = mergeRequestsOf(env);
  if (requests.length === 0) return;
  const api = openGitlab(runtime, env.CI_SERVER_URL ?? '');
  if (api === undefined) {
    out.warn(
      'no note in the merge request: VENDHOST_GITLAB_TOKEN is not set. It takes a project access token with the role Reporter and the scope api, in a variable that is masked and not protected (docs/merge-requests.md)',
    );
    return;
  }
  const page = target.page === undefined ? undefined : pageAddress(env, target.page);
  for (const request of requests) {
    try {
      if (!(await isInto(api, env, request, target.target))) continue;
      const marker = markerStart(target.key);
      const place = { project: request.project, mergeRequest: request.iid, marker };
      const pipeline = runningPipeline(env);
      const { action } = await writeStickyNote(api, place, (former) => {
        const last = former === undefined ? undefined : pipelineIn(target.key, former);
        if (former !== undefined && last !== undefined && pipeline !== undefined && last > pipeline) {
          out.step(`the note in ${request.project}!${request.iid} is of the later pipeline ${last}, and stays`);
          return former;
        }
        return noteOf(report, { key: target.key, pipeline, page, former });
      });
      out.step(`note in ${request.project}!${request.iid}: ${action}`);
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof VendhostError)) throw thrown;
      out.warn(`no note in ${request.project}!${request.iid}: ${thrown.code}: ${thrown.message} (${thrown.hint})`);
    }
  }
}

/** A merge request's own pipeline is for its target; a branch may have requests into several. */
async function isInto(
  api: GitlabApi,
  env: Runtime['env'],
  { project, iid }: MergeRequestName,
  target: string | undefined,
): Promise<boolean> {
  if (env.CI_MERGE_REQUEST_IID !== undefined || target === undefined) return true;
  const shown = await api.call(
    `read the merge request !${iid} of ${project}`,
    (client) => client.MergeRequests.show(project, iid),
    noteHints,
  );
  return shown.target_branch === target;
}

/** https://docs.gitlab.com/ci/variables/predefined_variables/: unique in the instance, and counted up. */
function runningPipeline({ CI_PIPELINE_ID: id = '' }: Runtime['env']): number | undefined {
  return /^\d{1,15}$/.test(id) ? Number(id) : undefined;
}

/** https://docs.gitlab.com/ci/jobs/job_artifacts/#access-the-latest-job-artifacts: a file of the job's artifacts in the browser. */
function pageAddress({ CI_JOB_URL: job }: Runtime['env'], file: string): string | undefined {
  return job === undefined ? undefined : `${job}/artifacts/file/${file.replace(/^(\.\/)+/, '')}`;
}
