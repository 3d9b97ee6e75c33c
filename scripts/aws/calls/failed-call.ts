import type { InitializeMiddleware, MetadataBearer, Pluggable } from '@aws-sdk/types';
import { callName } from './call-log.ts';

const callNames = new WeakMap<object, string>();

/** A client's plug-in that remembers which call an error is of: the SDK's errors do not say. */
export const rememberFailedCalls: Pluggable<object, MetadataBearer> = {
  applyToStack: (stack) => stack.add(remember, { step: 'initialize', priority: 'high', name: 'rememberFailedCalls' }),
};

const remember: InitializeMiddleware<object, MetadataBearer> = (next, context) => async (given) => {
  try {
    return await next(given);
  } catch (thrown) {
    if (thrown instanceof Error && !callNames.has(thrown)) callNames.set(thrown, callName(context));
    throw thrown;
  }
};

/** A call that AWS did not do as it was asked. */
export interface FailedCall {
  /** `S3 PutObject`; `a call` where a client of somebody else's made it. */
  readonly name: string;
  /** How often it was tried, and AWS's number of the last answer. */
  readonly details: readonly string[];
}

/** What the SDK knows of the call that an error is of. */
export function failedCall(error: Error): FailedCall {
  const { attempts, requestId } = (error as Partial<MetadataBearer>).$metadata ?? {};
  const tried = attempts === undefined ? [] : [`tried ${attempts === 1 ? 'once' : `${attempts} times`}`];
  const asked = requestId === undefined ? [] : [`request ${requestId}`];
  const said = [...tried, ...asked].join(', ');
  return { name: callNames.get(error) ?? 'a call', details: said === '' ? [] : [said] };
}
