import type { Aws } from '../../aws/session.ts';
import { messageOf, VendhostError } from '../../errors.ts';
import { type GitlabApi, openGitlab, openGitlabAsJob } from '../../gitlab/api.ts';
import type { Patience } from '../../gitlab/http/patience.ts';
import { setCommitStatus } from '../../gitlab/releases/commit-status.ts';
import { containedRequests, mostCommits } from '../../gitlab/releases/contained-requests.ts';
import { createDeployment } from '../../gitlab/releases/create-deployment.ts';
import { writeStickyNote } from '../../gitlab/sticky-note.ts';
import { abbreviated } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { executionsBack, type ReleaseStore } from '../history/executions.ts';
import { isReleased } from '../rollback/step-back.ts';
import { type EndedRelease, planShown } from './plan-shown.ts';
import { releaseMarker, releaseNote } from './release-note.ts';

/** GitLab must not delay a release for longer, in milliseconds. */
const limitMs = 120_000;
const shortPatience: Patience = { first: 500, most: 10_000 };
/** Most merge requests that get a note of one release. */
const mostRequests = 50;

export interface ShownWhere {
  readonly store: ReleaseStore;
  /** Where the software answers. */
  readonly url: string;
}

/**
 * Shows a release in GitLab: a status of its commit, a deployment where GitLab writes none, a note in each merge request that it brings or takes
 * back. All of this is a convenience: what GitLab refuses, or does not answer within two minutes, is a warning. Does nothing outside a job.
 */
export async function showInGitlab(
  runtime: Runtime,
  aws: Aws,
  release: EndedRelease,
  { store, url }: ShownWhere,
): Promise<void> {
  const { env, out, signal } = runtime;
  const plan = planShown(env, release);
  if (plan === undefined) return;
  const limited = { ...runtime, signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]) };
  const project = env.CI_PROJECT_PATH ?? '';
  const trying = async (what: string, work: () => Promise<void>) => {
    await work().catch((thrown: unknown) => {
      signal.throwIfAborted();
      out.warn(`${what}: ${reasonOf(thrown)}`);
    });
  };
  const { status, deployment } = plan;
  const asJob = deployment && openGitlabAsJob(limited, shortPatience);
  if (deployment !== undefined && asJob !== undefined) {
    await trying(`no deployment in GitLab's ${deployment.environment}`, async () => {
      const action = await createDeployment(asJob, project, deployment);
      if (action === 'unchanged') return;
      out.step(
        `deployment of ${abbreviated(deployment.commit)} in GitLab's ${deployment.environment}: ${deployment.status}`,
      );
    });
  }
  const api = openGitlab(limited, env.CI_SERVER_URL ?? '', shortPatience);
  if (api === undefined) {
    out.step('no commit status and no notes in merge requests: VENDHOST_GITLAB_TOKEN is not set (docs/gitlab.md)');
    return;
  }
  await trying(`no status ${status.name} at the commit ${abbreviated(status.commit)}`, async () => {
    await setCommitStatus(api, project, status);
  });
  if (!plan.notes) return;
  await trying('not every merge request of this release has a note', async () => {
    const { commit } = release.push;
    const former = release.takesBack ?? (await formerCommit(aws, store, commit));
    if (former === undefined || former === '') return;
    await writeNotes(runtime, api, { project, release, url, former });
  });
}

/** The previously released commit, with any revision; `undefined` when there is none, or no record of it. */
async function formerCommit(aws: Aws, store: ReleaseStore, commit: string): Promise<string | undefined> {
  for await (const execution of executionsBack(aws, store)) {
    const former = execution.record?.commit ?? '';
    if (isReleased(execution) && former !== '' && former !== commit) return former;
  }
  return undefined;
}

async function writeNotes(
  { env, out }: Runtime,
  api: GitlabApi,
  { project, release, url, former }: { project: string; release: EndedRelease; url: string; former: string },
): Promise<void> {
  const { place, push, takesBack } = release;
  const isTakenBack = takesBack !== undefined;
  // A rollback reverts what the commits between have brought.
  const range = isTakenBack ? { from: push.commit, to: former } : { from: former, to: push.commit };
  const { iids, left } = await containedRequests(api, project, range);
  const released = { place, commit: push.commit, isTakenBack, at: new Date(), jobUrl: env.CI_JOB_URL ?? '', url };
  for (const mergeRequest of iids.slice(0, mostRequests)) {
    const { action } = await writeStickyNote(api, { project, mergeRequest, marker: releaseMarker }, (present) =>
      releaseNote(released, present),
    );
    out.step(`note in ${project}!${mergeRequest}: ${action}`);
  }
  if (left > 0) out.step(`${left} older commits were not looked up: a release has notes for the newest ${mostCommits}`);
  const more = iids.length - mostRequests;
  if (more > 0) out.step(`${more} more merge requests have no note: a release writes ${mostRequests}`);
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof VendhostError) return `${thrown.code}: ${thrown.message} (${thrown.hint})`;
  return messageOf(thrown);
}
