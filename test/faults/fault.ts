import { setTimeout as wait } from 'node:timers/promises';
import { type Meddler, refusal, type WireAnswer, type WireCall } from '../scripts/wire.ts';
import { chance } from './chance.ts';
import { nameOf } from './writes.ts';

/** What happens to a call: AWS is busy, the connection is reset, the call is late, or it is done and its answer lost. */
export type Fault = 'busy' | 'reset' | 'late' | 'lost';

const rates: readonly [Fault, number][] = [
  ['busy', 0.2],
  ['reset', 0.05],
  ['late', 0.05],
  ['lost', 0.05],
];
const lateMs = 1000;

export function faultFor(text: string): Fault | undefined {
  let rest = chance(text);
  for (const [fault, rate] of rates) {
    if (rest < rate) return fault;
    rest -= rate;
  }
  return undefined;
}

/** Disturbs calls by what this seed, the operation and its count say; tells of each fault. */
export function disturbing(seed: string, onFault: (fault: Fault, call: string) => void): Meddler {
  const counts = new Map<string, number>();
  return async (call, next) => {
    const name = `${call.service} ${nameOf(call)}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const text = `${seed}/${name}/${count}`;
    const fault = faultFor(text);
    if (fault === undefined) return await next();
    onFault(fault, name);
    if (fault === 'busy') return busy(call, chance(`${text}/busy`));
    if (fault === 'late') await wait(lateMs);
    if (fault !== 'reset') {
      const answer = await next();
      if (fault === 'late') return answer;
    }
    return { status: 0, body: '' };
  };
}

/**
 * How services say that they are busy: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html,
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and errors common to all of each service's reference.
 */
function busy(call: WireCall, which: number): WireAnswer {
  // What is downloaded from a public bucket is not signed.
  const service = /^[A-Z]+ \//.test(call.operation) ? 's3' : call.service;
  const throttled: Readonly<Record<string, [string, number]>> = {
    ec2: ['RequestLimitExceeded', 503],
    s3: ['SlowDown', 503],
    cloudformation: ['Throttling', 400],
  };
  const kinds = [
    throttled[service] ?? ['ThrottlingException', 400],
    ['TooManyRequestsException', 429],
    [service === 's3' ? 'InternalError' : 'InternalFailure', 500],
    ['ServiceUnavailable', 503],
  ] as const;
  const [code, status] = kinds[Math.floor(which * kinds.length)] ?? kinds[0];
  return { ...refusal({ ...call, service }, code), status };
}
