import { names, type PlatformLayer } from '../config/names.ts';
import type { Assembly } from '../stack/assembly.ts';
import { deployStacks, type StackResult } from '../stack/deploy.ts';

export interface PlatformResult {
  readonly changed: boolean;
  readonly loadBalancerDns: string;
}

/** Stacks that need nothing of each other. */
const first: readonly PlatformLayer[] = ['network', 'storage', 'access'];

/** Deploys what stands alone at the same time, then the balancer with the network's ids. */
export async function applyPlatform(assembly: Assembly, environment: string): Promise<PlatformResult> {
  const { out } = assembly.runtime;
  const stackOf = (layer: PlatformLayer) => names.platformStack(environment, layer);
  const base = await out.section('platform_base', 'network, storage and access', () =>
    deployStacks(assembly, { stacks: first.map(stackOf) }),
  );
  const { networkOutputs } = await import('../../cdk/platform/network.ts');
  const network = outputsOf(base, stackOf('network'));
  const parameters = Object.fromEntries(networkOutputs.map((name) => [name, network[name] ?? '']));
  const balancer = stackOf('balancer');
  const last = await out.section('platform_balancer', 'load balancer', () =>
    deployStacks(assembly, { stacks: [balancer], parameters: { [balancer]: parameters } }),
  );
  return {
    changed: [...base, ...last].some(({ changed }) => changed),
    loadBalancerDns: outputsOf(last, balancer).LoadBalancerDns ?? '',
  };
}

function outputsOf(results: readonly StackResult[], stack: string): StackResult['outputs'] {
  return results.find((result) => result.stack === stack)?.outputs ?? {};
}
