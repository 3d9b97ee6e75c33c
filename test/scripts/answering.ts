import { type Aws, openAws } from '../../scripts/aws/session.ts';
import { type Recorder, recorder } from '../builders/recorder.ts';
import { refusal, type WireCall, wire } from './wire.ts';

/** An AWS whose every answer is made here, and a runtime that knows it. */
export interface Answering {
  readonly aws: Aws;
  readonly runtime: Recorder;
  /** The calls so far. */
  readonly calls: readonly WireCall[];
}

/** Opens an AWS that answers with these bodies; `undefined` becomes a 404. */
export async function answering(answer: (call: WireCall) => string | undefined): Promise<Answering> {
  const calls: WireCall[] = [];
  const AWS_ENDPOINT_URL = await wire(undefined, async (call) => {
    calls.push(call);
    const body = answer(call);
    return body === undefined ? refusal(call, 'NoSuchKey') : { status: 200, headers: { etag: '"1"' }, body };
  });
  const credentials = { AWS_ACCESS_KEY_ID: '100000000001', AWS_SECRET_ACCESS_KEY: 'a secret key' };
  const runtime = recorder({ AWS_ENDPOINT_URL, AWS_REGION: 'eu-west-1', ...credentials });
  return { aws: openAws(runtime), runtime, calls };
}

/** The answer of an operation in the query protocol. */
export function xml(operation: string, inside: string): string {
  return `<${operation}Response><${operation}Result>${inside}</${operation}Result></${operation}Response>`;
}
