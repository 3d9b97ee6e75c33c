import type { PublishedFacts } from '../../aws/read-facts.ts';
import { mostLoadBalancers } from '../../config/environment.ts';
import { names } from '../../config/names.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { messageOf, VendhostError } from '../../errors.ts';
import { readStandingRules, type StandingRule } from '../../listener/listener-rules.ts';
import type { Runtime } from '../../runtime.ts';
import { isGood, readStack } from '../../stack/stack-state.ts';
import { hasProvider, openProviderPlace } from '../oidc-provider.ts';
import type { EnvironmentTarget } from '../targets.ts';

export interface BalancerStatus {
  readonly stack: string;
  readonly dns?: string;
  /** Number of rules of its HTTPS listener, the default rule not counted; absent when there is no listener. */
  readonly rules?: number;
}

/** A listener that is published, with the rules on it; without them it does not exist. */
export interface ListenerState {
  /** Stack of its load balancer. */
  readonly stack: string;
  readonly arn: string;
  readonly rules?: readonly StandingRule[];
}

/** The listeners an environment publishes, those of load balancers that left platform.yml too: tenants may be on them. */
export async function readListeners(
  { aws, environment }: EnvironmentTarget,
  { values }: PublishedFacts,
): Promise<ListenerState[]> {
  const all = Array.from({ length: mostLoadBalancers }, (_, index) => index + 1).flatMap((number) => {
    const arn = values[names.balancerFact('listener-arn', number)];
    return arn === undefined ? [] : [{ stack: names.balancerStack(environment, number), arn }];
  });
  return await Promise.all(
    all.map(async (listener) => {
      const rules = await rulesOn(aws, listener.arn);
      return rules === undefined ? listener : { ...listener, rules };
    }),
  );
}

/** The load balancers that platform.yml asks for, and how many rules each has. */
export function balancersOf(
  { environment, config }: EnvironmentTarget,
  { values }: PublishedFacts,
  listeners: readonly ListenerState[],
): BalancerStatus[] {
  return Array.from({ length: config.load_balancers }, (_, index) => {
    const stack = names.balancerStack(environment, index + 1);
    const dns = values[names.balancerFact('load-balancer-dns', index + 1)];
    const rules = listeners.find((listener) => listener.stack === stack)?.rules?.length;
    return { stack, ...(dns === undefined ? {} : { dns }), ...(rules === undefined ? {} : { rules }) };
  });
}

async function rulesOn(aws: EnvironmentTarget['aws'], listener: string): Promise<StandingRule[] | undefined> {
  try {
    return await readStandingRules(aws, listener);
  } catch (error) {
    if (error instanceof Error && /^(ListenerNotFound|LoadBalancerNotFound)/.test(error.name)) return undefined;
    throw error;
  }
}

/** Whether the account has an OIDC provider for GitLab, and who created it. */
export interface ProviderStatus {
  readonly healthy: boolean;
  readonly arn: string;
  readonly text: string;
}

export async function readTrust(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
): Promise<ProviderStatus> {
  const place = await openProviderPlace(runtime, platform, target, 'plan');
  const { arn, aws } = place;
  const own = await readStack(aws, names.gitlabStack);
  try {
    if (!(await hasProvider(platform, place)))
      return { healthy: false, arn, text: `the account has no provider ${arn}` };
  } catch (error) {
    if (!(error instanceof VendhostError)) throw error;
    return { healthy: false, arn, text: messageOf(error) };
  }
  if (own === undefined) return { healthy: true, arn, text: `${arn}, not created by Vendhost` };
  return { healthy: isGood(own.status), arn, text: `${arn}, by ${names.gitlabStack} (${own.status})` };
}
