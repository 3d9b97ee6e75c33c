import { expect, test } from 'vitest';
import { requirePending } from '../../../../scripts/release/approval/pending.ts';
import { answering } from '../../answering.ts';

const approval = { stage: 'Approve', action: 'Approve' };
const pipeline = {
  ...{ name: 'shop', region: 'eu-west-1', source: 'Revision', application: 'shop', group: 'shop' },
  approval,
};

test.each([
  ['nobody answered in time', { errorDetails: { message: 'timed out' } }, undefined, 'is expired: timed out'],
  [
    'it was rejected',
    { externalExecutionSummary: 'Rejected by grace: no' },
    'arn:aws:iam::1:role/a/grace',
    'is rejected by grace: Rejected by grace: no',
  ],
])('who answers late is told why nothing waits: %s', async (_what, executionResult, updatedBy, words) => {
  const answers: Readonly<Record<string, object>> = {
    GetPipelineState: { stageStates: [{ stageName: 'Approve', actionStates: [] }] },
    GetPipelineExecution: { pipelineExecution: { pipelineExecutionId: 'e-1', status: 'Failed' } },
    ListActionExecutions: {
      actionExecutionDetails: [
        { status: 'Failed', input: { actionTypeId: { category: 'Approval' } }, updatedBy, output: { executionResult } },
      ],
    },
  };
  const { aws } = await answering(({ operation }) => JSON.stringify(answers[operation]));
  await expect(requirePending(aws, pipeline, { execution: 'e-1' })).rejects.toMatchObject({
    code: 'APPROVAL_STALE',
    message: `the execution e-1 does not wait for an approval, its approval ${words}: no release waits now`,
  });
});
