import { names } from '../../config/names.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { isGood, readStacks } from '../../stack/stack-state.ts';
import { allBalancers, stepsOf } from '../layers.ts';
import type { EnvironmentTarget } from '../targets.ts';

/** One stack of an environment, as `status` shows it. */
export interface StackRow {
  readonly stack: string;
  /** CloudFormation's status, or `missing`. */
  readonly status: string;
  /** ISO 8601, in UTC. */
  readonly changedAt?: string;
  readonly healthy: boolean;
  readonly note?: string;
}

/**
 * The stacks `platform.yml` asks for, deployed or not, and load balancers and the webhook where it no longer asks for them. The webhook is that of
 * the environment's account and region.
 */
export async function readStackRows(
  { environment, config, aws }: EnvironmentTarget,
  { webhook }: Pick<PlatformConfig, 'webhook'>,
): Promise<StackRow[]> {
  const wanted = [...stepsOf(environment, config).flat(), ...(webhook === undefined ? [] : [names.webhookStack])];
  const all = [...new Set([...wanted, ...allBalancers(environment), names.webhookStack])];
  const deployed = await readStacks(aws, all);
  return all.flatMap((stack): StackRow[] => {
    const found = deployed.get(stack);
    if (found === undefined) return wanted.includes(stack) ? [{ stack, status: 'missing', healthy: false }] : [];
    const isLeft = !wanted.includes(stack);
    return [
      {
        stack,
        status: found.status,
        changedAt: found.updatedAt.replace(/\.\d+Z$/, 'Z'),
        healthy: isGood(found.status),
        ...(isLeft ? { note: 'no longer in platform.yml' } : {}),
      },
    ];
  });
}
