import { duration } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { elapsedSeconds } from '../../stack/progress.ts';
import { type EnvironmentFault, failed } from '../each.ts';
import type { ProviderWork } from '../oidc-provider.ts';
import { outcomeLines } from '../stack-outcome.ts';
import type { DeployedStacks } from './steps.ts';

/** An environment after its deploy. */
export interface DeployedEnvironment extends DeployedStacks {
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  readonly domain: string;
}

export interface DeployEnd {
  readonly done: readonly DeployedEnvironment[];
  readonly faults: readonly EnvironmentFault[];
  readonly providers: readonly ProviderWork[];
  /** When it began, in milliseconds. */
  readonly started: number;
}

/** Prints what a deploy did: each stack with its time, load balancers, the next step. */
export function deployResult({ out }: Runtime, { done, faults, providers, started }: DeployEnd): void {
  if (done.length === 0) return;
  // The stack has the same name in every account.
  const trust = providers.flatMap(({ account, outcome }) =>
    outcome === undefined ? [] : { ...outcome, stack: `${outcome.stack} (${account})` },
  );
  const outcomes = [...trust, ...done.flatMap(({ stacks }) => stacks)];
  const changed = outcomes.some(({ outcome }) => outcome !== 'no change');
  const seconds = elapsedSeconds(started, Date.now());
  const [only] = done;
  out.result(
    {
      changed,
      seconds,
      // For dotenv reports, which hold single values only.
      ...(done.length === 1 && only !== undefined ? { loadBalancerDns: only.loadBalancers[0] } : {}),
      providers: providers.map(({ account, region, arn, plan, outcome }) => ({
        account,
        region,
        arn,
        own: plan !== undefined,
        ...(outcome === undefined ? {} : { outcome: outcome.outcome, seconds: outcome.seconds }),
      })),
      environments: done,
      failed: failed(faults),
    },
    [
      ...outcomeLines(outcomes),
      ...faults.map(({ environment, error }) => `${environment}: failed: ${error.message}`),
      ...done.flatMap(({ environment, loadBalancers }) =>
        loadBalancers.map((dns) => `load balancer of ${environment}: ${dns}`),
      ),
      `${changed ? 'deployed' : 'no change'} in ${duration(Date.now() - started)}`,
      ...(faults.length === 0 ? done.flatMap((each) => nextLine(each)) : []),
    ].join('\n'),
  );
}

/** What is left to do by hand when a load balancer is new. */
function nextLine({ environment, domain, stacks }: DeployedEnvironment): string[] {
  if (!stacks.some(({ stack, outcome }) => outcome === 'created' && stack.includes('-balancer'))) return [];
  return [`next: point *.${domain} at it, then: vendhost tenant vend TENANT --environment ${environment}`];
}
