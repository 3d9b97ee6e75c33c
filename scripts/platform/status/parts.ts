import { readPublishedFacts } from '../../aws/read-facts.ts';
import { names } from '../../config/names.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { messageOf, VendhostError } from '../../errors.ts';
import { readRules } from '../../listener/listener-rules.ts';
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

/** The environment's load balancers, and how many rules each has. */
export async function readBalancers({ environment, config, aws }: EnvironmentTarget): Promise<BalancerStatus[]> {
  const { values } = await readPublishedFacts(aws, environment);
  const numbers = Array.from({ length: config.load_balancers }, (_, index) => index + 1);
  return await Promise.all(
    numbers.map(async (number) => {
      const stack = names.balancerStack(environment, number);
      const dns = values[names.balancerFact('load-balancer-dns', number)];
      const listener = values[names.balancerFact('listener-arn', number)];
      const rules = listener === undefined ? undefined : await countRules(aws, listener);
      return { stack, ...(dns === undefined ? {} : { dns }), ...(rules === undefined ? {} : { rules }) };
    }),
  );
}

async function countRules(aws: EnvironmentTarget['aws'], listener: string): Promise<number | undefined> {
  try {
    return (await readRules(aws, listener)).length;
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
