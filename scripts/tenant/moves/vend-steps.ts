import type { Output } from '../../output.ts';
import type { VendOptions } from '../vending/vend-options.ts';
import { type HostMove, orderVends, stepGroups, type VendStep } from './order-vends.ts';

/** What a step needs of a tenant's vend. */
export type StepOptions = Pick<VendOptions, 'without' | 'still' | 'coming' | 'free'>;

export interface VendSteps<T> {
  readonly out: Output;
  readonly moves: readonly HostMove[];
  /** Vends a tenant. An error ends everything; if it returns, the others continue. */
  readonly vend: (tenant: string, options: StepOptions) => Promise<T>;
}

/** Vends tenants in the order in which hosts move between them, so that each host has no rule for as short a time as possible. */
export async function vendInOrder<T>(steps: VendSteps<T>, tenants: readonly string[]): Promise<T[]> {
  const done: T[] = [];
  for (const group of stepGroups(orderVends(tenants, steps.moves), steps.moves)) {
    done.push(...(await vendGroup(steps, group)));
  }
  return done;
}

/**
 * Vends the last one of a group, and the others when it is ready to claim what they release. If it never is, they keep that: a host that nobody
 * claims stays with its holder.
 * @param unready the tenant that should follow the group, and was not ready
 */
async function vendGroup<T>(steps: VendSteps<T>, group: readonly VendStep[], unready?: string): Promise<T[]> {
  const step = group.at(-1);
  if (step === undefined) return [];
  const { tenant, without } = step;
  for (const { host, environment } of without)
    steps.out.step(`${tenant} gets ${host} in ${environment} when it is free`);
  const still = steps.moves.filter(({ from, to }) => from === tenant && to === unready);
  for (const { host, environment, to } of still)
    steps.out.warn(`${tenant} keeps ${host} in ${environment}: ${to} could not take it`);
  const options = { without, still };
  const others = group.slice(0, -1);
  if (others.length === 0) return [await steps.vend(tenant, options)];
  let before: T[] | undefined;
  const free = async () => {
    before = await vendGroup(steps, others);
  };
  const coming = steps.moves.filter(({ to }) => to === tenant);
  const last = await steps.vend(tenant, { ...options, coming, free });
  return [...(before ?? (await vendGroup(steps, others, tenant))), last];
}
