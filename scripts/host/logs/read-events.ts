import type { Aws } from '../../aws/session.ts';

/** One entry of a log group. */
export interface LogEvent {
  readonly id: string;
  /** In milliseconds. */
  readonly at: number;
  readonly stream: string;
  readonly text: string;
}

export interface LogQuery {
  readonly group: string;
  /** In milliseconds, inclusive. */
  readonly since: number;
  /** Only streams with this prefix: all of an instance. */
  readonly streams?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * The events of a log group, oldest first, page by page. An empty page may still have a next one
 * (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html).
 */
export async function* readLogEvents(aws: Aws, { group, since, streams, signal }: LogQuery): AsyncGenerator<LogEvent> {
  const { FilterLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const logs = await aws.logs();
  const asked = {
    logGroupName: group,
    startTime: Math.max(0, since),
    ...(streams === undefined ? {} : { logStreamNamePrefix: streams }),
  };
  let nextToken: string | undefined;
  do {
    signal.throwIfAborted();
    const page = await logs.send(
      new FilterLogEventsCommand({ ...asked, ...(nextToken === undefined ? {} : { nextToken }) }),
    );
    for (const { eventId = '', timestamp = 0, logStreamName = '', message = '' } of page.events ?? []) {
      yield { id: eventId, at: timestamp, stream: logStreamName, text: message };
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}
