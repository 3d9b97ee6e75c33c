import { expect, test } from 'vitest';
import { VendhostError } from '../../../../scripts/errors.ts';
import { Output } from '../../../../scripts/output.ts';
import { deployResult } from '../../../../scripts/platform/deploy/summary.ts';
import type { StackOutcome } from '../../../../scripts/platform/stack-outcome.ts';
import { recorder } from '../../../builders/recorder.ts';

const broken = new VendhostError('BROKEN', 'it is broken', { hint: 'fix it' });

/** The last line that a deploy of dev prints. */
function lastLine(outcome: StackOutcome, hasFault = false): string | undefined {
  let printed = '';
  const stdout = (text: string) => {
    printed += text;
  };
  const out = new Output({ stdout, stderr: () => undefined, json: false });
  const place = { environment: 'dev', account: '100000000001', region: 'eu-west-1', domain: 'dev.example.com' };
  const done = [{ ...place, stacks: [outcome], loadBalancers: ['vendhost-dev-1.elb.amazonaws.com'] }];
  const faults = hasFault ? [{ environment: 'staging' as const, error: broken }] : [];
  deployResult({ ...recorder(), out }, { done, faults, providers: [], started: Date.now() });
  return printed.trimEnd().split('\n').at(-1);
}

const balancer = { stack: 'vendhost-dev-balancer', outcome: 'created', seconds: 90 } as const;

test('after the first deploy of a load balancer the last line is what to do next', () => {
  expect(lastLine(balancer)).toBe(
    'next: point *.dev.example.com at it, then: vendhost tenant vend TENANT --environment dev',
  );
});

test.each<[string, StackOutcome, boolean]>([
  ['a load balancer that was there before', { ...balancer, outcome: 'updated' }, false],
  ['a new stack of another kind', { ...balancer, stack: 'vendhost-dev-network' }, false],
  ['a failure elsewhere', balancer, true],
])('there is no such line with %s', (_what, outcome, hasFault) => {
  expect(lastLine(outcome, hasFault)).toMatch(/^deployed in /);
});
