import { expect, test } from 'vitest';
import { readNewestReleases } from '../../../../scripts/release/history/read-newest.ts';
import { readReleases } from '../../../../scripts/release/history/read-releases.ts';
import { answering } from '../../answering.ts';

/** A week in which nobody approves: one waits, and each push after it takes the place of the one before. */
const superseded = 250;
const executions = [
  { pipelineExecutionId: 'e-behind', status: 'InProgress' },
  ...Array.from({ length: superseded }, (_, index) => ({ pipelineExecutionId: `e-${index}`, status: 'Superseded' })),
  { pipelineExecutionId: 'e-waiting', status: 'InProgress' },
  { pipelineExecutionId: 'e-runs', status: 'Succeeded' },
  ...Array.from({ length: superseded }, (_, index) => ({ pipelineExecutionId: `e-old-${index}`, status: 'Failed' })),
];

/** CodePipeline with these executions, a page at a time; nothing is in the bucket. */
async function pipelineWith(listed: readonly { pipelineExecutionId: string; status: string }[]) {
  const pages: number[] = [];
  const world = await answering(({ operation, body }) => {
    if (operation === 'GetDeploymentGroup') return JSON.stringify({ deploymentGroupInfo: {} });
    if (operation === 'ListPipelineExecutions') {
      const { maxResults = 100, nextToken = '0' } = JSON.parse(body) as { maxResults?: number; nextToken?: string };
      const [from, to] = [Number(nextToken), Number(nextToken) + maxResults];
      pages.push(from);
      const next = to < listed.length ? { nextToken: String(to) } : {};
      return JSON.stringify({ pipelineExecutionSummaries: listed.slice(from, to), ...next });
    }
    if (operation !== 'ListActionExecutions') return undefined;
    const isWaiting = body.includes('e-waiting');
    const approval = { status: 'InProgress', input: { actionTypeId: { category: 'Approval' } } };
    return JSON.stringify({ actionExecutionDetails: isWaiting ? [approval] : [] });
  });
  return { ...world, pages };
}

test('what runs and what waits is found behind any number of failed releases', async () => {
  const { aws, pages } = await pipelineWith(executions);
  const found = await readNewestReleases(aws, { tenant: 'shop', bucket: 'bucket', pipeline: 'shop' });
  expect(found).toMatchObject({
    last: { executionId: 'e-runs', state: 'succeeded' },
    newer: { executionId: 'e-behind', state: 'running' },
    waiting: { executionId: 'e-waiting', state: 'waiting for approval' },
  });
  // Not further back than the last success.
  expect(pages).toEqual([0, 100, 200]);
});

test('a pipeline that released nothing yet has neither', async () => {
  const { aws } = await pipelineWith([]);
  const found = await readNewestReleases(aws, { tenant: 'shop', bucket: 'bucket', pipeline: 'shop' });
  expect(found).toEqual({ last: undefined, newer: undefined });
});

test('releases in progress are read however old they are', async () => {
  const { aws } = await pipelineWith(executions);
  const pipeline = { name: 'shop', region: 'eu-west-1', source: 'Revision', application: 'shop', group: 'shop' };
  const { releases, underway, more } = await readReleases(aws, { tenant: 'shop', bucket: 'bucket', pipeline }, 5);
  expect(releases.map(({ executionId }) => executionId)).toEqual(['e-behind', 'e-0', 'e-1', 'e-2', 'e-3']);
  expect(underway).toMatchObject([{ executionId: 'e-waiting', state: 'waiting for approval' }]);
  expect(more).toBe(true);
});
