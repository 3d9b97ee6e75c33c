import type { Place } from '../../config/names.ts';
import type { CommitStatus } from '../../gitlab/releases/commit-status.ts';
import type { DeploymentEntry } from '../../gitlab/releases/create-deployment.ts';
import type { Runtime } from '../../runtime.ts';
import type { ReleasedPush } from '../history/release-record.ts';
import type { Outcome } from '../release-outcome.ts';

/** A release that has come to something, or that was not needed: the instances have the revision. */
export interface EndedRelease {
  readonly place: Place;
  readonly outcome: Outcome['kind'] | 'unchanged';
  /** What was released. */
  readonly push: Pick<ReleasedPush, 'commit' | 'branch'>;
  /** Of one that goes back: the commit that it takes out of the environment; empty where nobody recorded it. */
  readonly takesBack?: string | undefined;
}

/** What GitLab is to show of a release. */
export interface GitlabPlan {
  readonly status: CommitStatus;
  /** Only where GitLab writes none by itself: of jobs that do not deploy by their `environment: action`. */
  readonly deployment?: DeploymentEntry;
  /** Whether the merge requests that it brings, or takes back, get a note. */
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

/** What GitLab is to show; `undefined` outside a job, and where nobody knows the commit. */
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
  // A job that rolled back and waited finds when it is retried that the instances have it.
  const isBack = outcome === 'succeeded' || (outcome === 'unchanged' && takesBack !== undefined);
  const ended = isBack ? 'success' : outcome === 'failed' ? 'failed' : undefined;
  // GitLab says `access` or `prepare` only where a template does, and deploys by all other jobs that have an environment.
  const isSeen = !environment || !['access', 'prepare'].includes(env.CI_ENVIRONMENT_ACTION ?? '');
  if (isSeen || ended === undefined) return { status, notes };
  return { status, notes, deployment: { environment, commit, branch, status: ended } };
}
