import type { PipelineExecutionSummary } from '@aws-sdk/client-codepipeline';
import type { Aws } from '../../aws/session.ts';
import { readActions } from '../snapshot.ts';
import { isIntake, readReleaseRecord } from './executions.ts';
import { type Release, releaseOf } from './release.ts';

export interface NewestReleases {
  /** The newest that succeeded, if one of the newest did. */
  readonly last: Release | undefined;
  /** The newest, where it is another one. */
  readonly newer: Release | undefined;
}

/** So many of the newest executions are looked at: one page, one call. */
const looked = 20;

/**
 * The newest release of a pipeline and the newest that succeeded, in as few calls as there can be: the history is one, and the records
 * of these two are one each; the actions are asked for only where the newest may wait for approval or failed.
 */
export async function readNewestReleases(
  aws: Aws,
  { tenant, bucket, pipeline }: { tenant: string; bucket: string; pipeline: string },
): Promise<NewestReleases> {
  const { ListPipelineExecutionsCommand } = await import('@aws-sdk/client-codepipeline');
  const client = await aws.codePipeline();
  const { pipelineExecutionSummaries: listed = [] } = await client.send(
    new ListPipelineExecutionsCommand({ pipelineName: pipeline, maxResults: looked }),
  );
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
  const [last, newer] = await Promise.all([read(succeeded), read(newest)]);
  return { last, newer };
}
