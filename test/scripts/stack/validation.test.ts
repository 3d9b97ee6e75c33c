import { expect, test } from 'vitest';
import { latestFindings } from '../../../scripts/stack/validation.ts';

test('findings are those of the newest operation, and only what was found before resources were touched', () => {
  const finding = (OperationId: string, LogicalResourceId: string) => ({
    OperationId,
    EventType: 'VALIDATION_ERROR' as const,
    LogicalResourceId,
    ResourceType: 'AWS::S3::Bucket',
    ValidationStatusReason: `${LogicalResourceId} already exists`,
  });
  const stack = { OperationId: 'second', EventType: 'PROVISIONING_ERROR' as const, LogicalResourceId: 'a-stack' };
  expect(latestFindings('a-stack', [stack, finding('second', 'Logs'), finding('first', 'Other')])).toEqual([
    { stack: 'a-stack', logicalId: 'Logs', type: 'AWS::S3::Bucket', reason: 'Logs already exists' },
  ]);
  expect(latestFindings('a-stack', [])).toEqual([]);
});
