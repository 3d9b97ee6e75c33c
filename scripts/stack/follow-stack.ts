import type { StackEvent } from '@aws-sdk/client-cloudformation';
import { poll } from '../aws/poll.ts';
import type { Aws } from '../aws/session.ts';
import type { Runtime } from '../runtime.ts';
import { type Progress, resourceEvent, stackName } from './progress.ts';
import { isAbsent, isBusy, readAnyStack, type StackState, stackLimitMs } from './stack-state.ts';

export interface FollowOptions {
  /** ARN of the stack: a deleted stack cannot be found by name. */
  readonly stack: string;
  /** The `ClientRequestToken` of the operation; all its events carry it. */
  readonly token: string;
  readonly progress: Progress;
}

/**
 * Reports the events of one operation to `progress` until it has ended, and returns the stack's final state, `undefined`
 * when it was deleted. Throws `TIMED_OUT` after an hour.
 */
export async function followStack(
  runtime: Runtime,
  aws: Aws,
  { stack, token, progress }: FollowOptions,
): Promise<StackState | undefined> {
  const seen = new Set<string>();
  let ended = false;
  try {
    const { state } = await poll({
      what: `${stackName(stack)} to settle`,
      pace: aws.pace,
      limitMs: stackLimitMs,
      signal: runtime.signal,
      check: async () => {
        const events = await newEvents(aws, stack, token, seen);
        for (const event of events) progress.event(resourceEvent(event));
        const last = events.findLast(({ PhysicalResourceId }) => PhysicalResourceId === stack)?.ResourceStatus;
        if (last !== undefined) ended = !isBusy({ status: last });
        const state = await readAnyStack(aws, stack);
        // An empty stack may be deleted without any event.
        const isGone = state === undefined || state.status === 'DELETE_COMPLETE';
        return isGone || (ended && !isBusy(state)) ? { state } : undefined;
      },
    });
    return state;
  } finally {
    progress.flush();
  }
}

/**
 * Events not seen yet, oldest first. CloudFormation lists the newest first; those below the operation's first event
 * belong to earlier operations. Those above it count whatever their token: somebody may cancel the update in the console.
 */
async function newEvents(aws: Aws, stack: string, token: string, seen: Set<string>): Promise<StackEvent[]> {
  const { paginateDescribeStackEvents } = await import('@aws-sdk/client-cloudformation');
  const events: StackEvent[] = [];
  let ours = seen.size > 0;
  try {
    const pages = paginateDescribeStackEvents({ client: await aws.cloudFormation() }, { StackName: stack });
    read: for await (const { StackEvents = [] } of pages) {
      for (const event of StackEvents) {
        if (seen.has(event.EventId ?? '')) break read;
        const isOurs = event.ClientRequestToken === token;
        if (seen.size === 0 && ours && !isOurs) break read;
        ours ||= isOurs;
        events.push(event);
      }
      // The operation has no events yet.
      if (!ours) return [];
    }
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
  if (!ours) return [];
  for (const { EventId } of events) seen.add(EventId ?? '');
  return events.reverse();
}

/** The token of the newest operation of a stack. */
export async function lastToken(aws: Aws, stack: string): Promise<string | undefined> {
  const { DescribeStackEventsCommand } = await import('@aws-sdk/client-cloudformation');
  const { StackEvents } = await (await aws.cloudFormation()).send(new DescribeStackEventsCommand({ StackName: stack }));
  return StackEvents?.[0]?.ClientRequestToken;
}
