import type { OperationEvent } from '@aws-sdk/client-cloudformation';
import type { Aws } from '../aws/session.ts';
import type { Failure } from './progress.ts';

/**
 * What CloudFormation's validation found before it changed any resource, like a name that is taken. Stack events only say
 * that there are findings; the findings themselves are events of the operation
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html). Empty without the right to
 * read them: then only the stack events are reported.
 */
export async function validationFailures(aws: Aws, stack: string): Promise<Failure[]> {
  const events: OperationEvent[] = [];
  try {
    const { paginateDescribeEvents } = await import('@aws-sdk/client-cloudformation');
    const request = { StackName: stack, Filters: { FailedEvents: true } };
    for await (const page of paginateDescribeEvents({ client: await aws.cloudFormation() }, request)) {
      events.push(...(page.OperationEvents ?? []));
    }
  } catch (error) {
    if (error instanceof Error && /^(AccessDenied|ValidationError|InvalidAction)/.test(error.name)) return [];
    throw error;
  }
  return latestFindings(stack, events);
}

/** The findings of the newest operation; events come newest first. */
export function latestFindings(stack: string, events: readonly OperationEvent[]): Failure[] {
  const operation = events[0]?.OperationId;
  return events
    .filter((event) => event.EventType === 'VALIDATION_ERROR' && event.OperationId === operation)
    .map(({ LogicalResourceId, ResourceType, ValidationStatusReason }) => ({
      stack,
      logicalId: LogicalResourceId ?? '',
      type: ResourceType ?? '',
      reason: ValidationStatusReason ?? 'no reason given',
    }));
}
