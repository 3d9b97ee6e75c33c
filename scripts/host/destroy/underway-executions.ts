import type { Aws } from '../../aws/session.ts';

/** Executions of a pipeline that are in progress or being stopped, also those that wait for an approval; none where there is no pipeline. */
export async function readUnderway(aws: Aws, pipelineName: string): Promise<string[]> {
  const { paginateListPipelineExecutions, PipelineNotFoundException } = await import('@aws-sdk/client-codepipeline');
  const found: string[] = [];
  const pages = { client: await aws.codePipeline(), pageSize: 100 };
  try {
    for await (const page of paginateListPipelineExecutions(pages, { pipelineName })) {
      for (const { pipelineExecutionId: id = '', status } of page.pipelineExecutionSummaries ?? []) {
        if (status === 'InProgress' || status === 'Stopping') found.push(id);
      }
    }
  } catch (error) {
    if (!(error instanceof PipelineNotFoundException)) throw error;
  }
  return found;
}
