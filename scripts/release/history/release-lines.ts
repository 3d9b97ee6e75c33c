import type { ReleaseRecord } from '../../config/stored.ts';
import type { Deployment } from '../../deployment/deployment.ts';
import { failedEvents, failureLines } from '../../deployment/failed-events.ts';
import { duration, tableLines } from '../../output.ts';
import type { Action } from '../snapshot.ts';
import type { Release } from './release.ts';
import type { ReleasedPush } from './release-record.ts';
import { approvalWords, originWords, releaseTook, timeOf } from './release-words.ts';

export interface ShownRelease {
  readonly release: Release;
  /** Oldest first. */
  readonly actions: readonly Action[];
  readonly deployment: Deployment | undefined;
  /** What CodeDeploy did by itself when the deployment failed. */
  readonly rollback: Deployment | undefined;
  /** The push that first uploaded the revision. */
  readonly pushed: ReleasedPush | undefined;
  /** Where the pipeline is in AWS's console. */
  readonly console: string;
}

/** Everything that is known about a release, for people. */
export function releaseLines({ release, actions, deployment, rollback, pushed, console }: ShownRelease, now: number) {
  const { record, summary, approval } = release;
  return [
    `release ${release.executionId}: ${release.state}${release.current ? ', the instances have it' : ''}`,
    ...fields([
      ['why', summary],
      ['started', `${timeOf(release.start)} UTC, took ${releaseTook(release, now)}`],
      ...(record === undefined ? [['revision', release.revision] as const] : recordFields(record)),
      ['first pushed', record !== undefined && pushed ? earlierPush(record, pushed) : undefined],
      ['approval', approval && `${approvalWords(approval)} (${timeOf(approval.at)} UTC)`],
      ['console', console],
    ]),
    ...(record === undefined ? [`  ${withoutRecord(release)}`] : []),
    ...actions.map((action) => `  ${actionWords(action)}`),
    ...(deployment === undefined ? [] : deploymentLines('deployment', deployment)),
    ...(rollback === undefined ? [] : deploymentLines('rollback of CodeDeploy', rollback)),
  ];
}

function withoutRecord({ intake }: Release): string {
  return intake === true
    ? "a write to the tenant's intake started it: nothing records commit and author"
    : 'no record says what it released: Vendhost did not start it, or an older version did';
}

type Field = readonly [name: string, value: string | undefined];

function recordFields(record: ReleaseRecord): Field[] {
  const { pipelineUrl, commit, promotedFrom: from } = record;
  const project = pipelineUrl.split('/-/', 1)[0] ?? '';
  return [
    ['rollback of', record.rollbackOf],
    ['promoted from', from && originWords(from)],
    ['revision', record.revision],
    ['commit', [commit, record.branch && `on ${record.branch}`].filter(Boolean).join(' ')],
    ['author', record.author],
    ['message', record.message.trim().replaceAll(/\s*\n\s*/g, ' / ')],
    ['image', record.image],
    ['started by', record.user],
    ['diff', project !== '' && commit !== '' ? `${project}/-/commit/${commit}` : ''],
    ['merge request', record.mergeRequest],
    ['pipeline', pipelineUrl],
    ['job', record.jobUrl],
  ];
}

/** The same software may have been pushed before, by another commit. */
function earlierPush({ commit }: ReleaseRecord, pushed: ReleasedPush): string | undefined {
  if (pushed.commit === '' || pushed.commit === commit) return undefined;
  return `as commit ${pushed.commit} by ${pushed.author}`;
}

/** The known ones, in two columns. */
function fields(all: readonly Field[]): string[] {
  const known = all.flatMap(([name, value]) => (value ? [[name, value]] : []));
  return tableLines(known).map((line) => `  ${line}`);
}

function actionWords({ stage, status, start, update }: Action): string {
  return `${stage}: ${status.toLowerCase()} at ${timeOf(update)} UTC, ${duration(update - start)}`;
}

function deploymentLines(what: string, deployment: Deployment): string[] {
  const { id, status, targets } = deployment;
  return [
    `  ${what} ${id}: ${status.toLowerCase()}`,
    ...targets.map(({ instance, status: ended, events }) => {
      const done = events.filter((event) => event.status === 'Succeeded').length;
      return `    ${instance}  ${ended.toLowerCase()}, ${done} of ${events.length} events succeeded`;
    }),
    ...failedEvents(deployment).flatMap((failed) => failureLines(failed).map((line) => `      ${line}`)),
  ];
}
