import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { expect, test, vi } from 'vitest';
import { paces } from '../../../../scripts/aws/poll.ts';
import type { Aws } from '../../../../scripts/aws/session.ts';
import { createChangeSet } from '../../../../scripts/stack/change-sets/change-set.ts';
import { recorder } from '../../../builders/recorder.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html */
const reason =
  'The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.';
const stackId = 'arn:aws:cloudformation:eu-west-1:111111111111:stack/vendhost-dev-storage/1';
const finding = {
  OperationId: 'one',
  EventType: 'VALIDATION_ERROR',
  LogicalResourceId: 'Bucket',
  ResourceType: 'AWS::S3::Bucket',
  ValidationStatusReason: "Resource of type 'AWS::S3::Bucket' with identifier 'vendhost-dev' already exists.",
};

const state = {
  id: stackId,
  status: 'UPDATE_COMPLETE',
  reason: undefined,
  updatedAt: '',
  parameters: {},
  outputs: {},
  tags: {},
  terminationProtection: false,
};

/** Plans a stack with a change set that CloudFormation finds fault with; returns the commands it was asked. */
async function refused(standing: typeof state | undefined, stacks: readonly (string | undefined)[] = []) {
  const asked: string[] = [];
  const left = [...stacks];
  const answers: Readonly<Record<string, object>> = {
    CreateChangeSetCommand: { Id: 'arn:change-set' },
    DescribeChangeSetCommand: { StackId: stackId, Status: 'FAILED', StatusReason: reason },
    DescribeEventsCommand: { OperationEvents: [finding] },
  };
  const client = new CloudFormationClient({ region: 'eu-west-1' });
  vi.spyOn(client, 'send').mockImplementation(async (command: object) => {
    const name = command.constructor.name;
    asked.push(name);
    if (name !== 'DescribeStacksCommand') return answers[name] ?? {};
    const StackStatus = left.shift();
    return { Stacks: StackStatus === undefined ? [] : [{ StackId: stackId, StackStatus }] };
  });
  const aws = { pace: paces.aws, cloudFormation: async () => client } as unknown as Aws;
  const request = { stack: 'vendhost-dev-storage', template: {}, name: 'plan' };
  await expect(createChangeSet(recorder(), aws, request, standing)).rejects.toMatchObject({
    code: 'CHANGE_SET_FAILED',
    message: `cannot plan vendhost-dev-storage: ${reason}`,
    details: [`vendhost-dev-storage: Bucket (AWS::S3::Bucket): ${finding.ValidationStatusReason}`],
  });
  return asked.filter((name) => !/^Describe(Stacks|StackEvents)/.test(name));
}

const calls = ['CreateChangeSetCommand', 'DescribeChangeSetCommand', 'DescribeEventsCommand', 'DeleteChangeSetCommand'];

test('a change set that CloudFormation finds fault with names the resource and the reason', async () => {
  expect(await refused(state)).toEqual(calls);
});

test('the empty stack that came with it for a new stack is deleted', async () => {
  expect(await refused(undefined, [undefined, 'REVIEW_IN_PROGRESS'])).toEqual([...calls, 'DeleteStackCommand']);
});

test('an empty stack that was there before may belong to another plan: it stays', async () => {
  expect(await refused(undefined, ['REVIEW_IN_PROGRESS', 'REVIEW_IN_PROGRESS'])).toEqual(calls);
});
