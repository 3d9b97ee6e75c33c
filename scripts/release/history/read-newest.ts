import type { PipelineExecutionSummary } from '@aws-sdk/client-codepipeline';
import type { Aws } from '../../aws/session.ts';
import { readActions } from '../snapshot.ts';
import { isIntake, readReleaseRecord } from './executions.ts';
import { type Release, releaseOf } from './release.ts';

export interface NewestReleases {
  /** The newest that succeeded. */
  readonly last: Release | undefined;
  /** The newest, if it is another one. */
  readonly newer: Release | undefined;
  /** The one that waits for an approval, if newer ones wait behind it or superseded each other since. */
  readonly waiting?: Release;
}

/** The most that a page has (https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ListPipelineExecutions.html). */
const pageSize = 100;

/**
 * The newest release of a pipeline, the newest that succeeded, and the one that waits for an approval, in as few calls as possible: the history
 * back to the last success, usually one page, and the records of these; the actions are read only if a release
 * may wait for approval or failed.
 */
export async function readNewestReleases(
  aws: Aws,
  { tenant, bucket, pipeline }: { tenant: string; bucket: string; pipeline: string },
): Promise<NewestReleases> {
  const listed = await backToSuccess(aws, pipeline);
  const read = async (summary: PipelineExecutionSummary | undefined): Promise<Release | undefined> => {
    if (summary === undefined) return undefined;
    const { pipelineExecutionId: id = '', status = '', statusSummary, startTime, lastUpdateTime } = summary;
    const asks = status === 'InProgress' || status === 'Failed';
    const [record, actions] = await Promise.all([
      readReleaseRecord(aws, { bucket, tenant }, id),
      asks ? readActions(aws, { name: pipeline }, id) : [],
    ]);
    const times = { start: startTime?.getTime() ?? 0, update: lastUpdateTime?.getTime() ?? 0 };
    const why = statusSummary ? { summary: statusSummary } : {};
    const started = { ...times, ...why, ...(isIntake(summary) ? { intake: true } : {}) };
    return releaseOf({ id, status, version: undefined, record, ...started }, { actions, current: undefined });
  };
  const succeeded = listed.find(({ status }) => status === 'Succeeded');
  const newest = listed[0] === succeeded ? undefined : listed[0];
  const underway = listed.filter((each) => each !== newest && each.status === 'InProgress');
  const [last, newer, ...others] = await Promise.all([read(succeeded), read(newest), ...underway.map(read)]);
  const waiting = others.find((release) => release?.state === 'waiting for approval');
  return { last, newer, ...(waiting === undefined ? {} : { waiting }) };
}

/** Newest first, and at least back to the last that succeeded: what is older than that is over. */
async function backToSuccess(aws: Aws, pipelineName: string): Promise<PipelineExecutionSummary[]> {
  const { paginateListPipelineExecutions } = await import('@aws-sdk/client-codepipeline');
  const found: PipelineExecutionSummary[] = [];
  const pages = { client: await aws.codePipeline(), pageSize };
  for await (const { pipelineExecutionSummaries = [] } of paginateListPipelineExecutions(pages, { pipelineName })) {
    found.push(...pipelineExecutionSummaries);
    if (pipelineExecutionSummaries.some(({ status }) => status === 'Succeeded')) break;
  }
  return found;
}
