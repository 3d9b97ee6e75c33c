import type { DeserializeMiddleware, MetadataBearer, Pluggable } from '@aws-sdk/types';
import { VendhostError } from '../errors.ts';
import { callName } from './calls/call-log.ts';

/**
 * A value that a response from AWS must have. Throws `AWS_FAILED` without it: AWS never omits it, but a proxy may answer in its place.
 */
export function answered<T>(value: T | undefined, call: string, what: string): T {
  if (value !== undefined) return value;
  throw new VendhostError('AWS_FAILED', `AWS answered ${call} without ${what}`, {
    hint: 'retry; if it happens again, check the proxy and AWS_ENDPOINT_URL, where there is one, else report it with the log of --verbose',
  });
}

/** A client's plug-in that refuses web pages as responses: parsed as AWS's, one would look like an empty list. */
export const refuseWebPages: Pluggable<object, MetadataBearer> = {
  applyToStack: (stack) => stack.add(refusePage, { step: 'deserialize', priority: 'low', name: 'refuseWebPages' }),
};

const refusePage: DeserializeMiddleware<object, MetadataBearer> = (next, context) => async (given) => {
  const answer = await next(given);
  const { statusCode = 0, headers = {} } = answer.response as { statusCode?: number; headers?: Record<string, string> };
  // A response of a busy AWS server is retried, whatever it contains.
  if (statusCode >= 500 || !/^text\/html\b/i.test(headers['content-type'] ?? '')) return answer;
  throw new VendhostError(
    'AWS_UNREADABLE',
    `what answers ${callName(context)} is not AWS: ${statusCode} with a web page`,
    {
      hint: 'sign in where the network asks for it, or have the proxy let calls to *.amazonaws.com through; if AWS_ENDPOINT_URL is set, correct it',
    },
  );
};
