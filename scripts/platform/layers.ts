import { type Environment, mostLoadBalancers } from '../config/environment.ts';
import { type PlatformLayer as Layer, names } from '../config/names.ts';
import type { EnvironmentConfig } from '../config/platform.ts';

/**
 * An environment's stacks by steps: those of a step do not need each other, each step needs those before. The roles of
 * network and storage are made under access's boundary; load balancers stand in the network and log to the storage.
 * A layer of it may be deployed alone.
 */
export function stepsOf(
  environment: Environment,
  { load_balancers }: Pick<EnvironmentConfig, 'load_balancers'>,
  layer?: Layer,
): string[][] {
  const steps: readonly (readonly Layer[])[] = [['access'], ['network', 'storage'], ['balancer']];
  return steps
    .map((step) => step.filter((each) => layer === undefined || each === layer))
    .filter((step) => step.length > 0)
    .map((step) => step.flatMap((each) => stacksOf(environment, each, load_balancers)));
}

function stacksOf(environment: Environment, layer: Layer, balancers: number): string[] {
  if (layer !== 'balancer') return [names.platformStack(environment, layer)];
  return Array.from({ length: balancers }, (_, index) => names.balancerStack(environment, index + 1));
}

export function isBalancer(environment: Environment, stack: string): boolean {
  return allBalancers(environment).includes(stack);
}

/** Stacks of every load balancer an environment can have, also of those `platform.yml` no longer asks for. */
export function allBalancers(environment: Environment): string[] {
  return stacksOf(environment, 'balancer', mostLoadBalancers);
}
