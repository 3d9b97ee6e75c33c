import type { InitializeMiddleware, MetadataBearer, Pluggable } from '@aws-sdk/types';
import { callName } from './call-log.ts';

const callNames = new WeakMap<object, string>();

/** A client's plug-in that records which call an error is from: the SDK's errors do not say. */
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

/** A call that AWS did not execute as requested. */
export interface FailedCall {
  /** `S3 PutObject`; `a call` if a third party's client made it. */
  readonly name: string;
  /** How often it was tried, and AWS's request id of the last response. */
  readonly details: readonly string[];
}

/** What the SDK knows about the call that an error is from. */
export function failedCall(error: Error): FailedCall {
  const { attempts, requestId } = (error as Partial<MetadataBearer>).$metadata ?? {};
  const tried = attempts === undefined ? [] : [`tried ${attempts === 1 ? 'once' : `${attempts} times`}`];
  const asked = requestId === undefined ? [] : [`request ${requestId}`];
  const said = [...tried, ...asked].join(', ');
  return { name: callNames.get(error) ?? 'a call', details: said === '' ? [] : [said] };
}
