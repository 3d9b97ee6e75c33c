import { expect, test } from 'vitest';
import { planRollback } from '../../../../scripts/release/rollback/plan-rollback.ts';
import { answering } from '../../answering.ts';

const pipeline = { name: 'shop', region: 'eu-west-1', source: 'Revision', application: 'shop', group: 'shop' };
const store = { tenant: 'shop', bucket: 'bucket', pipeline };
const runs = { executionId: 'e-2', deploymentId: 'd-2', version: 'v2' };
const state = { executions: [{ id: 'e-2', status: 'Succeeded', version: 'v2' }], deployed: runs };

/** Two releases that nobody recorded; the older one was started so. */
async function before(triggerType: string) {
  const execution = (number: number) => ({
    ...{ pipelineExecutionId: `e-${number}`, status: 'Succeeded', trigger: { triggerType } },
    sourceRevisions: [{ actionName: 'Revision', revisionId: `v${number}` }],
  });
  const { aws } = await answering(({ operation }) =>
    operation === 'ListPipelineExecutions'
      ? JSON.stringify({ pipelineExecutionSummaries: [execution(2), execution(1)] })
      : undefined,
  );
  return await planRollback(aws, store, state, { to: undefined, pipelineUrl: undefined }).catch((error) => error);
}

test.each([
  ['CloudWatchEvent', 'write that software to the intake once more'],
  ['StartPipelineExecution', 'the job log of that release has it'],
])('what a release before by %s needs is said', async (trigger, hint) => {
  expect(await before(trigger)).toMatchObject({ code: 'ROLLBACK_MISSING', hint: expect.stringContaining(hint) });
});
