import type { PipelineExecutionSummary } from '@aws-sdk/client-codepipeline';
import { atMost } from '../../aws/at-most.ts';
import { ConditionalObjects } from '../../aws/objects.ts';
import type { Aws } from '../../aws/session.ts';
import { keys } from '../../config/names.ts';
import { type ReleaseRecord, releaseRecordSchema } from '../../config/stored.ts';
import type { ReleasePipeline } from '../pipeline.ts';
import { readActions } from '../snapshot.ts';
import { type ListedExecution, type Release, releaseOf } from './release.ts';

/** CodePipeline and S3 are asked for so many releases at the same time. */
const atOnce = 5;

export interface ReadReleases {
  readonly tenant: string;
  readonly bucket: string;
  readonly pipeline: ReleasePipeline;
  /** How many, of the newest. */
  readonly limit: number;
  /** The execution whose revision the instances have, where it is known. */
  readonly current: string | undefined;
}

export interface ReadHistory {
  /** Newest first. */
  readonly releases: readonly Release[];
  /** Whether the pipeline has older ones. */
  readonly more: boolean;
}

/**
 * The newest releases of a virtual host: the pipeline's executions, each with its approval and the record of who started it. CodePipeline
 * keeps executions for twelve months (https://docs.aws.amazon.com/codepipeline/latest/userguide/executions-view-history.html); the records stay.
 */
export async function readReleases(aws: Aws, wanted: ReadReleases): Promise<ReadHistory> {
  const { pipeline, bucket, tenant, limit, current } = wanted;
  const listed = await listExecutions(aws, pipeline, limit + 1);
  const releases = await atMost(atOnce, listed.slice(0, limit), async (execution) => {
    const [actions, record] = await Promise.all([
      readActions(aws, pipeline, execution.id),
      readRecord(aws, { bucket, tenant, executionId: execution.id }),
    ]);
    return releaseOf(execution, { actions, record, current });
  });
  return { releases, more: listed.length > limit };
}

/** The record of an execution; `undefined` when there is none. */
export async function readRecord(
  aws: Aws,
  { bucket, tenant, executionId }: { bucket: string; tenant: string; executionId: string },
): Promise<ReleaseRecord | undefined> {
  const objects = new ConditionalObjects<ReleaseRecord>(aws, bucket, releaseRecordSchema);
  return (await objects.read(keys.releaseRecord(tenant, executionId)))?.value;
}

/** Pages are read until there are so many, or to the last one. */
async function listExecutions(aws: Aws, pipeline: ReleasePipeline, limit: number): Promise<ListedExecution[]> {
  const { paginateListPipelineExecutions } = await import('@aws-sdk/client-codepipeline');
  const found: ListedExecution[] = [];
  const pages = { client: await aws.codePipeline(), pageSize: Math.min(limit, 100) };
  for await (const page of paginateListPipelineExecutions(pages, { pipelineName: pipeline.name })) {
    found.push(...(page.pipelineExecutionSummaries ?? []).map((summary) => listedOf(pipeline, summary)));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

function listedOf({ source }: ReleasePipeline, summary: PipelineExecutionSummary): ListedExecution {
  const version = summary.sourceRevisions?.find(({ actionName }) => actionName === source)?.revisionId;
  return {
    id: summary.pipelineExecutionId ?? '',
    status: summary.status ?? '',
    ...(summary.statusSummary ? { summary: summary.statusSummary } : {}),
    start: summary.startTime?.getTime() ?? 0,
    update: summary.lastUpdateTime?.getTime() ?? 0,
    ...(version === undefined ? {} : { version }),
  };
}
