import type { MetadataBearer, MiddlewareStack } from '@aws-sdk/types';
import { messageOf, VendhostError } from '../../errors.ts';

interface Sendable {
  // biome-ignore lint/suspicious/noExplicitAny: each command has a stack of its own types
  readonly middlewareStack: Pick<MiddlewareStack<any, any>, 'add'>;
}

/**
 * Sends a command that must not be executed twice and has no idempotency token. The SDK retries what AWS refused, like
 * throttling, but nothing that may have been executed: no response, or one of a failure in AWS. Throws `OUTCOME_UNKNOWN` then.
 *
 * @param what what was to be done, for the message
 */
export async function sendOnce<O extends MetadataBearer>(
  command: Sendable,
  what: string,
  send: () => Promise<O>,
): Promise<O> {
  let open: unknown;
  command.middlewareStack.add(
    // Closer to the wire than the SDK's retries: each further attempt fails at once.
    // biome-ignore lint/suspicious/noExplicitAny: the types of any command
    (next: any) => async (given: any) => {
      if (open !== undefined) throw open;
      try {
        return await next(given);
      } catch (error) {
        if (!isRefused(error)) open = error;
        throw error;
      }
    },
    { step: 'finalizeRequest', priority: 'low', name: 'sendOnce' },
  );
  try {
    return await send();
  } catch (error) {
    if (open === undefined) throw error;
    throw new VendhostError('OUTCOME_UNKNOWN', `it is not known whether AWS did this: ${what}: ${messageOf(error)}`, {
      hint: 'check before you run it again: it may be done, or in progress',
      cause: error,
    });
  }
}

/** Whether `sendOnce` threw because nobody knows whether it was done. */
export function isUnknownOutcome(thrown: unknown): boolean {
  return thrown instanceof VendhostError && thrown.code === 'OUTCOME_UNKNOWN';
}

/** AWS answered, and the fault is the request's or its rate: nothing was done. */
function isRefused(error: unknown): boolean {
  const { $metadata } = Object(error) as Partial<MetadataBearer>;
  const status = $metadata?.httpStatusCode ?? 500;
  return status >= 400 && status < 500;
}
