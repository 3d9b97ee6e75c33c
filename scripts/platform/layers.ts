import { type Environment, mostLoadBalancers } from '../config/environment.ts';
import { type PlatformLayer as Layer, names } from '../config/names.ts';
import type { EnvironmentConfig } from '../config/platform.ts';

/** What decides which stacks an environment has. */
type LayersOf = Pick<EnvironmentConfig, 'load_balancers'> & Partial<Pick<EnvironmentConfig, 'vending'>>;

/**
 * An environment's stacks by steps: stacks of one step are independent, each step needs the ones before. The roles in
 * network and storage are created under the boundary of the access stack; load balancers need the network and write
 * their logs to the storage. With `layer`, only that layer's stacks.
 */
export function stepsOf(environment: Environment, config: LayersOf, layer?: Layer): string[][] {
  const steps: readonly (readonly Layer[])[] = [['access'], ['network', 'storage'], ['balancer']];
  return steps
    .map((step) => step.filter((each) => layer === undefined || each === layer))
    .filter((step) => step.length > 0)
    .map((step) => step.flatMap((each) => stacksOf(environment, each, config)));
}

function stacksOf(environment: Environment, layer: Layer, { load_balancers, vending }: LayersOf): string[] {
  if (layer === 'access' && vending === 'jobs') {
    return [names.platformStack(environment, 'access'), names.vendingStack(environment)];
  }
  if (layer !== 'balancer') return [names.platformStack(environment, layer)];
  return Array.from({ length: load_balancers }, (_, index) => names.balancerStack(environment, index + 1));
}

export function isBalancer(environment: Environment, stack: string): boolean {
  return allBalancers(environment).includes(stack);
}

/** Stacks of every load balancer an environment can have, including those no longer in `platform.yml`. */
export function allBalancers(environment: Environment): string[] {
  return stacksOf(environment, 'balancer', { load_balancers: mostLoadBalancers });
}

/** These stacks, and those of every load balancer: what a plan left of one that is no longer in `platform.yml` is looked for too. */
export function everPlanned(environment: Environment, stacks: readonly string[]): string[] {
  return [...new Set([...stacks, ...allBalancers(environment)])];
}
