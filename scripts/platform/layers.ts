import { type Environment, mostLoadBalancers } from '../config/environment.ts';
import { type PlatformLayer as Layer, names } from '../config/names.ts';
import type { EnvironmentConfig } from '../config/platform.ts';

/** What decides which stacks an environment has. */
type LayersOf = Pick<EnvironmentConfig, 'load_balancers'> & Partial<Pick<EnvironmentConfig, 'vending'>>;

/**
 * An environment's stacks by steps: stacks of one step are independent, each step needs the ones before. Roles in the access stack
 * have policies of the first one; the roles in network and storage are created under its boundary; load balancers need the
 * network and write their logs to the storage. With `layer`, only that layer's stacks.
 */
export function stepsOf(environment: Environment, config: LayersOf, layer?: Layer): string[][] {
  const stack = (each: Layer) => ({ layer: each, name: names.platformStack(environment, each) });
  const access = (name: string) => ({ layer: 'access', name });
  const steps = [
    [access(names.policiesStack(environment))],
    [stack('access'), ...(config.vending === 'jobs' ? [access(names.vendingStack(environment))] : [])],
    [stack('network'), stack('storage')],
    balancers(environment, config.load_balancers).map((name) => ({ layer: 'balancer', name })),
  ];
  return steps
    .map((step) => step.filter((each) => layer === undefined || each.layer === layer).map(({ name }) => name))
    .filter((step) => step.length > 0);
}

function balancers(environment: Environment, count: number): string[] {
  return Array.from({ length: count }, (_, index) => names.balancerStack(environment, index + 1));
}

export function isBalancer(environment: Environment, stack: string): boolean {
  return allBalancers(environment).includes(stack);
}

/** Stacks of every load balancer an environment can have, including those no longer in `platform.yml`. */
export function allBalancers(environment: Environment): string[] {
  return balancers(environment, mostLoadBalancers);
}

/** These stacks, and those of every load balancer: what a plan left of one that is no longer in `platform.yml` is looked for too. */
export function everPlanned(environment: Environment, stacks: readonly string[]): string[] {
  return [...new Set([...stacks, ...allBalancers(environment)])];
}
