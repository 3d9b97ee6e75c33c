import type { Aws } from '../../aws/session.ts';
import { isUnderway } from '../decision.ts';
import type { ReleasePipeline } from '../pipeline.ts';
import { readActions, readSnapshot, type Snapshot } from '../snapshot.ts';

/**
 * Like `readSnapshot`, and for an execution that cannot request its approval yet: which older one holds the stage. An execution that waits for
 * an approval locks its stage; the newest one behind it waits before the stage
 * (https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html).
 */
export async function readFollowed(aws: Aws, pipeline: ReleasePipeline, id: string): Promise<Snapshot | undefined> {
  const snapshot = await readSnapshot(aws, pipeline, id);
  if (snapshot === undefined || pipeline.approval === undefined || !isBeforeApproval(snapshot)) return snapshot;
  const behind = await readBlocker(aws, pipeline, id);
  return behind === undefined ? snapshot : { ...snapshot, behind };
}

/** The source is fetched, and nothing is asked or deployed yet. */
function isBeforeApproval({ execution, actions }: Snapshot): boolean {
  const areSources = actions.every(({ category, status }) => category === 'Source' && status === 'Succeeded');
  return isUnderway(execution) && actions.length > 0 && areSources;
}

async function readBlocker(aws: Aws, pipeline: ReleasePipeline, id: string): Promise<Snapshot['behind']> {
  const { paginateListPipelineExecutions } = await import('@aws-sdk/client-codepipeline');
  const client = await aws.codePipeline();
  let isOlder = false;
  for await (const page of paginateListPipelineExecutions({ client, pageSize: 50 }, { pipelineName: pipeline.name })) {
    for (const { pipelineExecutionId: other = '', status = '' } of page.pipelineExecutionSummaries ?? []) {
      if (isOlder && isUnderway({ status })) {
        const actions = await readActions(aws, pipeline, other);
        const isAsked = actions.some((action) => action.category === 'Approval' && action.status === 'InProgress');
        if (isAsked) return { id: other, revision: actions.find(({ revision }) => revision)?.revision ?? '' };
      }
      // The list is newest first. What is older than a success has left the stage before it.
      if (isOlder && status === 'Succeeded') return undefined;
      isOlder ||= other === id;
    }
  }
  return undefined;
}
