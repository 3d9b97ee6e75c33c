import { createHash } from 'node:crypto';

/** The revision to release. */
export interface ReleasedRevision {
  readonly key: string;
  /** Version of the object in the bucket; `undefined` when the bucket is not versioned. */
  readonly version: string | undefined;
}

/** One run of the pipeline, as its history lists it. */
export interface Execution {
  readonly id: string;
  readonly status: string;
  /** Version of the revision it fetched; `undefined` until its source action is done. */
  readonly version: string | undefined;
}

/** What the virtual host runs: the revision of an execution whose deployment every instance got. */
export interface Deployed {
  readonly executionId: string;
  readonly deploymentId: string;
  readonly version: string | undefined;
}

export interface State {
  /** Newest first. */
  readonly executions: readonly Execution[];
  /** `undefined` when the last deployment failed, or its result on the instances is unknown. */
  readonly deployed: Deployed | undefined;
}

export type Decision =
  | { readonly kind: 'nothing'; readonly executionId: string; readonly deploymentId: string }
  | { readonly kind: 'follow'; readonly executionId: string }
  | { readonly kind: 'start'; readonly token: string };

/**
 * Decides what a release has to do.
 *
 * - `nothing`: the instances have the revision and no execution is in progress. An image that was rolled out since does not
 *   matter: CodeDeploy itself gives new instances of the group the revision that was deployed last.
 * - `follow`: the newest execution in progress is for this revision, for example of a job whose runner was lost.
 * - `start`: anything else, with a client token.
 *
 * The token makes two starts of one intention one execution. It is made of pipeline, revision, and the newest execution
 * that is over or is for another revision:
 * - two jobs at once, or a job repeated while its execution runs, see the same last execution: same token, one execution;
 * - a job repeated after its execution failed or was stopped sees that one as the last: a new token, a new attempt;
 * - an older revision, released again after another one, sees that other one: a new token, so rolling back is possible.
 * GitLab's pipeline id is left out on purpose: a retry after a failure has the same id and must deploy again, and two
 * pipelines of one commit have different ids and need to deploy once.
 */
export function decide(pipeline: string, revision: ReleasedRevision, { executions, deployed }: State): Decision {
  const underway = executions.filter(isUnderway);
  const newest = underway[0];
  if (newest !== undefined && isOf(newest, revision)) return { kind: 'follow', executionId: newest.id };
  const has = deployed !== undefined && revision.version !== undefined && deployed.version === revision.version;
  if (underway.length === 0 && has) {
    return { kind: 'nothing', executionId: deployed.executionId, deploymentId: deployed.deploymentId };
  }
  const anchor = executions.find((execution) => !isUnderway(execution) || !isOf(execution, revision));
  return { kind: 'start', token: tokenOf(pipeline, revision, anchor?.id ?? '') };
}

/** An execution that will continue by itself; one that is being stopped will not. */
export function isUnderway({ status }: { status: string }): boolean {
  return status === 'InProgress';
}

function isOf(execution: Execution, revision: ReleasedRevision): boolean {
  return revision.version !== undefined && execution.version === revision.version;
}

function tokenOf(pipeline: string, { key, version }: ReleasedRevision, anchor: string): string {
  return createHash('sha256')
    .update(JSON.stringify([pipeline, key, version, anchor]))
    .digest('hex');
}
