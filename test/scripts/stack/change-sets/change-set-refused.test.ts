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

test('a change set that CloudFormation finds fault with names the resource and the reason', async () => {
  const asked: string[] = [];
  const answers: Readonly<Record<string, object>> = {
    CreateChangeSetCommand: { Id: 'arn:change-set' },
    DescribeChangeSetCommand: { StackId: stackId, Status: 'FAILED', StatusReason: reason },
    DescribeEventsCommand: { OperationEvents: [finding] },
    DeleteChangeSetCommand: {},
  };
  const client = new CloudFormationClient({ region: 'eu-west-1' });
  vi.spyOn(client, 'send').mockImplementation(async (command: object) => {
    asked.push(command.constructor.name);
    return answers[command.constructor.name];
  });
  const aws = { pace: paces.aws, cloudFormation: async () => client } as unknown as Aws;
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
  const made = createChangeSet(recorder(), aws, { stack: 'vendhost-dev-storage', template: {}, name: 'plan' }, state);
  await expect(made).rejects.toMatchObject({
    code: 'CHANGE_SET_FAILED',
    message: `cannot plan vendhost-dev-storage: ${reason}`,
    details: [`vendhost-dev-storage: Bucket (AWS::S3::Bucket): ${finding.ValidationStatusReason}`],
  });
  expect(asked).toEqual([
    'CreateChangeSetCommand',
    'DescribeChangeSetCommand',
    'DescribeEventsCommand',
    'DeleteChangeSetCommand',
  ]);
});
