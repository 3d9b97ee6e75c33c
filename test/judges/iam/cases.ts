import type { Context, Step } from './simulate.ts';
import type { Thing } from './things.ts';

/** A call, or a chain of calls, and what IAM should say to it. A chain is refused when one of its calls is. */
export interface Case {
  readonly name: string;
  readonly expected: 'allowed' | 'denied';
  /** Why, in a line. */
  readonly because: string;
  readonly steps: readonly Step[];
}

/** One request: who, what, on what; `given` are the keys that the request or the resource brings. */
export function step(by: string, action: string, thing: Thing | '*', given?: Context): Step {
  const { on, tags } = thing === '*' ? { on: '*', tags: undefined } : thing;
  return { by, action, on, ...(tags === undefined ? {} : { tags }), ...(given === undefined ? {} : { given }) };
}

/** The tags a request gives. */
export function giving(tags: Readonly<Record<string, string>>): Context {
  return {
    ...Object.fromEntries(Object.entries(tags).map(([tag, value]) => [`aws:RequestTag/${tag}`, value])),
    'aws:TagKeys': Object.keys(tags),
  };
}

/** A key that S3 or another service uses for the caller. */
export function via(service: string): Context {
  return { 'kms:ViaService': `${service}.eu-west-1.amazonaws.com`, 'kms:CallerAccount': '111111111111' };
}

/** An ARN without its service, region and account: what the names of cases need of it. */
export function shortOf(arn: string): string {
  return arn.replace(/^arn:aws:[a-z0-9-]+:[^:]*:[^:]*:/, '');
}
