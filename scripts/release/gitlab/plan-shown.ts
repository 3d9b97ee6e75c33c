import type { Place } from '../../config/names.ts';
import type { CommitStatus } from '../../gitlab/releases/commit-status.ts';
import type { DeploymentEntry } from '../../gitlab/releases/create-deployment.ts';
import type { Runtime } from '../../runtime.ts';
import type { ReleasedPush } from '../history/release-record.ts';
import type { Outcome } from '../release-outcome.ts';

/** A release that has a result, or that was not needed: the instances have the revision. */
export interface EndedRelease {
  readonly place: Place;
  readonly outcome: Outcome['kind'] | 'unchanged';
  /** What was released. */
  readonly push: Pick<ReleasedPush, 'commit' | 'branch'>;
  /** For a rollback: the commit that it removes from the environment; empty if nobody recorded it. */
  readonly takesBack?: string | undefined;
}

/** What GitLab should show about a release. */
export interface GitlabPlan {
  readonly status: CommitStatus;
  /** Only if GitLab writes none by itself: for jobs that do not deploy by their `environment: action`. */
  readonly deployment?: DeploymentEntry;
  /** Whether the merge requests that it brings, or rolls back, get a note. */
  readonly notes: boolean;
}

const states = {
  succeeded: 'success',
  unchanged: 'success',
  waiting: 'pending',
  failed: 'failed',
  rejected: 'failed',
  stopped: 'canceled',
  superseded: 'canceled',
} as const satisfies Record<EndedRelease['outcome'], CommitStatus['state']>;

const descriptions: Readonly<Record<EndedRelease['outcome'], string>> = {
  succeeded: 'released',
  unchanged: 'released: the instances have it',
  waiting: 'waits for an approval; then retry the job',
  failed: 'failed: the log of the job says why',
  rejected: 'not approved',
  stopped: 'stopped',
  superseded: 'a newer release took its place',
};

/** What GitLab should show; `undefined` outside a job, and if the commit is unknown. */
export function planShown(
  env: Runtime['env'],
  { place, outcome, push, takesBack }: EndedRelease,
): GitlabPlan | undefined {
  const { CI_JOB_URL: url, CI_PROJECT_PATH: project, CI_ENVIRONMENT_NAME: environment } = env;
  const { commit, branch } = push;
  if (!url || !project || commit === '' || branch === '') return undefined;
  const name = `vendhost/${place.tenant}/${place.environment}`;
  const description = `${takesBack === undefined ? '' : 'rollback: '}${descriptions[outcome]}`;
  const status = { commit, branch, name, state: states[outcome], description, url };
  const notes = outcome === 'succeeded' || outcome === 'unchanged';
  // A job that rolled back and waited finds on its retry that the instances have it.
  const isBack = outcome === 'succeeded' || (outcome === 'unchanged' && takesBack !== undefined);
  const ended = isBack ? 'success' : outcome === 'failed' ? 'failed' : undefined;
  // GitLab says `access` or `prepare` only if a template does; all other jobs with an environment deploy.
  const isSeen = !environment || !['access', 'prepare'].includes(env.CI_ENVIRONMENT_ACTION ?? '');
  if (isSeen || ended === undefined) return { status, notes };
  return { status, notes, deployment: { environment, commit, branch, status: ended } };
}
