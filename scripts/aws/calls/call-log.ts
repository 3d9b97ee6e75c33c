import type { HandlerExecutionContext, InitializeMiddleware, MetadataBearer, Pluggable } from '@aws-sdk/types';
import type { Call, Output } from '../../output.ts';

/** What the SDK knows about a call when it has ended; for a failed one its error does. */
type CallMetadata = Partial<MetadataBearer['$metadata']> | undefined;

/** A client's plug-in that prints each of its calls; the SDK's retries are within the call. */
export function callLog(out: Output): Pluggable<object, MetadataBearer> {
  const print: InitializeMiddleware<object, MetadataBearer> = (next, context) => async (given) => {
    const startedAt = Date.now();
    try {
      const answer = await next(given);
      out.call({ startedAt, ...awsCall(context, answer.output.$metadata) });
      return answer;
    } catch (thrown) {
      const failure = thrown as CallFailure & Partial<MetadataBearer>;
      out.call({ startedAt, ...awsCall(context, failure.$metadata, failure) });
      throw thrown;
    }
  };
  return { applyToStack: (stack) => stack.add(print, { step: 'initialize', priority: 'high', name: 'callLog' }) };
}

interface CallFailure {
  readonly code?: string;
  readonly name?: string;
}

/** `S3 GetObject`. */
export function callName({
  clientName = '',
  commandName = '',
}: Pick<HandlerExecutionContext, 'clientName' | 'commandName'>): string {
  return `${clientName.replace(/Client$/, '')} ${commandName.replace(/Command$/, '')}`;
}

/** A call as it is printed: `S3 GetObject`, `404 NoSuchKey`, `1 attempt`, `request 4442587FB7D0A2F9`; no content. */
function awsCall(
  context: Parameters<typeof callName>[0],
  { httpStatusCode, attempts, requestId }: NonNullable<CallMetadata> = {},
  failure?: CallFailure,
): Omit<Call, 'startedAt'> {
  const error = failure && (failure.code ?? failure.name ?? 'failed');
  return {
    name: callName(context),
    end: [httpStatusCode, error].filter((part) => part !== undefined).join(' '),
    details: [
      ...(attempts === undefined ? [] : [attempts === 1 ? '1 attempt' : `${attempts} attempts`]),
      ...(requestId === undefined ? [] : [`request ${requestId}`]),
    ],
  };
}
