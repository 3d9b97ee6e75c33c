import type { TenantRecord } from '../../config/facts.ts';
import { names, type Place } from '../../config/names.ts';
import { consoleUrl, type ReleasePipeline } from '../pipeline.ts';
import type { Snapshot } from '../snapshot.ts';

/** What a release waits for, as far as its job knows. */
export interface Waiting {
  readonly place: Place;
  readonly pipeline: ReleasePipeline;
  readonly record: Pick<TenantRecord, 'approvals'>;
  readonly snapshot: Snapshot;
  /** Address of GitLab; empty outside a job. */
  readonly gitlab: string;
}

/** Whom a release waits for, how it is answered, and what to do then; for its log and its result. */
export function waitingLines(waiting: Waiting): string[] {
  const { place, snapshot } = waiting;
  const { behind, execution } = snapshot;
  if (behind === undefined) {
    return [
      `the execution ${execution.id} waits for an approval`,
      ...answerLines(waiting, 'approve', execution.id),
      'next: when it is approved, retry this job: it follows the release to its end',
    ];
  }
  return [
    `the execution ${execution.id} waits behind ${behind.id}, which waits for an approval of ${behind.revision || 'an older revision'}`,
    `to let this one pass, have the older one rejected (or approved, if ${place.environment} is to have it first)`,
    ...answerLines(waiting, 'reject', behind.id),
    'next: retry this job: it follows the release, which then waits for an approval of its own',
  ];
}

function answerLines({ place, pipeline, record, gitlab }: Waiting, verb: string, execution: string): string[] {
  const { tenant, environment } = place;
  const { approvals } = record;
  const command = `vendhost release ${verb} --tenant ${tenant} --environment ${environment} --execution ${execution} --reason TEXT`;
  const page =
    approvals === undefined ? [] : [`in GitLab: ${approvalsPage(approvals, gitlab)} for ${tenant} in ${environment}`];
  return [
    ...page,
    `in AWS, with the role ${names.tenantRole(place, 'approver')}: ${consoleUrl(pipeline)}`,
    `or by the command: ${command}`,
  ];
}

/** The page that starts a pipeline of the approvals project (https://docs.gitlab.com/ci/pipelines/#prefill-variables-by-using-a-url-query-string). */
export function approvalsPage({ project, branch }: NonNullable<TenantRecord['approvals']>, gitlab: string): string {
  if (gitlab === '') return `a new pipeline of ${project} on ${branch}`;
  return `${gitlab}/${project}/-/pipelines/new?ref=${encodeURIComponent(branch)}`;
}
