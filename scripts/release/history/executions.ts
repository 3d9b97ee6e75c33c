import type { PipelineExecutionSummary } from '@aws-sdk/client-codepipeline';
import { atMost } from '../../aws/at-most.ts';
import { ConditionalObjects } from '../../aws/objects.ts';
import type { Aws } from '../../aws/session.ts';
import { keys } from '../../config/names.ts';
import { type ReleaseRecord, releaseRecordSchema } from '../../config/stored.ts';
import type { Execution } from '../decision.ts';
import type { ReleasePipeline } from '../pipeline.ts';

/** This many releases are read from S3 and CodePipeline at the same time. */
export const recordsAtOnce = 5;

/** Who reads far back reads this many records at the same time: S3 alone answers that, thousands a second for each prefix. */
const mostRecordsAtOnce = 40;

/** Where the releases of a tenant in an environment are found. */
export interface ReleaseStore {
  readonly tenant: string;
  readonly bucket: string;
  readonly pipeline: ReleasePipeline;
}

/** An execution with its record. Times are milliseconds since 1970. */
export interface RecordedExecution extends Execution {
  readonly summary?: string;
  readonly start: number;
  readonly update: number;
  /** `undefined` if nobody wrote one: it was started by hand, or by an older version of Vendhost. */
  readonly record: ReleaseRecord | undefined;
  /** Whether a rule of EventBridge started it: somebody wrote software to the tenant's intake. */
  readonly intake?: boolean;
}

type ListedExecution = Omit<RecordedExecution, 'record'>;

/**
 * A pipeline's executions with their records, newest first, as far back as the caller reads. CodePipeline keeps executions for twelve months
 * (https://docs.aws.amazon.com/codepipeline/latest/userguide/executions-view-history.html); the records stay.
 */
export async function* executionsBack(aws: Aws, store: ReleaseStore): AsyncGenerator<RecordedExecution> {
  let number = recordsAtOnce;
  for await (const page of pagesBack(aws, store.pipeline)) {
    // A page has more than most callers want, and each record is a call.
    for (let at = 0; at < page.length; ) {
      const next = page.slice(at, at + number);
      yield* await atMost(number, next, (execution) => withRecord(aws, store, execution));
      at += next.length;
      number = Math.min(2 * number, mostRecordsAtOnce);
    }
  }
}

/** The same without records, which costs a call for a hundred. */
export async function* listedBack(aws: Aws, pipeline: ReleasePipeline): AsyncGenerator<ListedExecution> {
  for await (const page of pagesBack(aws, pipeline)) yield* page;
}

async function* pagesBack(aws: Aws, pipeline: ReleasePipeline): AsyncGenerator<ListedExecution[]> {
  const { paginateListPipelineExecutions } = await import('@aws-sdk/client-codepipeline');
  const pages = { client: await aws.codePipeline(), pageSize: 100 };
  for await (const page of paginateListPipelineExecutions(pages, { pipelineName: pipeline.name })) {
    yield (page.pipelineExecutionSummaries ?? []).map((summary) => listedOf(pipeline, summary));
  }
}

/** An execution with its record. */
export async function withRecord(
  aws: Aws,
  store: ReleaseStore,
  execution: ListedExecution,
): Promise<RecordedExecution> {
  return { ...execution, record: await readReleaseRecord(aws, store, execution.id) };
}

/** The record of an execution; `undefined` when there is none. */
export async function readReleaseRecord(
  aws: Aws,
  { bucket, tenant }: Pick<ReleaseStore, 'bucket' | 'tenant'>,
  executionId: string,
): Promise<ReleaseRecord | undefined> {
  const objects = new ConditionalObjects<ReleaseRecord>(aws, bucket, releaseRecordSchema);
  return (await objects.read(keys.releaseRecord(tenant, executionId)))?.value;
}

function listedOf({ source }: ReleasePipeline, summary: PipelineExecutionSummary): ListedExecution {
  const version = summary.sourceRevisions?.find(({ actionName }) => actionName === source)?.revisionId;
  return {
    id: summary.pipelineExecutionId ?? '',
    status: summary.status ?? '',
    ...(summary.statusSummary ? { summary: summary.statusSummary } : {}),
    start: summary.startTime?.getTime() ?? 0,
    update: summary.lastUpdateTime?.getTime() ?? 0,
    version,
    ...(isIntake(summary) ? { intake: true } : {}),
  };
}

/** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ExecutionTrigger.html; EventBridge was CloudWatch Events once. */
export function isIntake({ trigger }: Pick<PipelineExecutionSummary, 'trigger'>): boolean {
  return trigger?.triggerType === 'CloudWatchEvent';
}
