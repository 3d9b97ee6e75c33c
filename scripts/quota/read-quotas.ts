import { refusalOf } from '../aws/refusal.ts';
import type { Aws } from '../aws/session.ts';
import type { Runtime } from '../runtime.ts';
import { type CountedBalancer, readBalancerUsage } from './balancers.ts';
import { readAddressUsage, readProcessorUsage, readSecurityGroupUsage, readStackUsage } from './counted.ts';
import type { QuotaId } from './quotas.ts';
import { readDatabaseUsage, readIdentityUsage, readScalingUsage, type Usage, type Usages } from './told.ts';

/** What is used of a quota, or why that could not be determined. */
export interface QuotaState {
  readonly id: QuotaId;
  /** Stack of the load balancer, for a quota that each load balancer has. */
  readonly balancer?: string;
  readonly usage: Usage | NotRead;
}

/** Why a quota could not be read. */
export interface NotRead {
  readonly reason: string;
  /** The reader's next action. */
  readonly hint: string;
}

/** Each answers for the quotas beside it. */
const readers: readonly { ids: readonly QuotaId[]; read: (aws: Aws) => Promise<Usages> }[] = [
  {
    ids: ['database-instances', 'database-parameter-groups', 'database-subnet-groups'],
    read: readDatabaseUsage,
  },
  { ids: ['roles', 'policies', 'instance-profiles'], read: readIdentityUsage },
  { ids: ['auto-scaling-groups'], read: readScalingUsage },
  { ids: ['stacks'], read: readStackUsage },
  { ids: ['elastic-ips'], read: readAddressUsage },
  { ids: ['security-groups'], read: readSecurityGroupUsage },
  { ids: ['vcpus'], read: readProcessorUsage },
];

/**
 * Reads these quotas of the account and region, and what is used of them, all at the same time. What the credentials may not read,
 * or AWS does not say, is in the result with the reason. Throws faults of this program.
 * @param balancers for the quotas that each load balancer has
 */
export async function readQuotas(
  runtime: Runtime,
  aws: Aws,
  ids: readonly QuotaId[],
  balancers: readonly CountedBalancer[] = [],
): Promise<QuotaState[]> {
  const wanted = readers.filter((reader) => reader.ids.some((id) => ids.includes(id)));
  const states = await Promise.all([
    ...wanted.map(async ({ ids: answered, read }): Promise<QuotaState[]> => {
      const usages = await orReason(runtime, read(aws));
      return answered.map((id) => ({ id, usage: 'reason' in usages ? usages : (usages[id] ?? unsaid) }));
    }),
    ids.includes('target-groups') ? balancerStates(runtime, aws, balancers) : [],
  ]);
  return states.flat().filter(({ id }) => ids.includes(id));
}

async function balancerStates(
  runtime: Runtime,
  aws: Aws,
  balancers: readonly CountedBalancer[],
): Promise<QuotaState[]> {
  const found = await orReason(runtime, readBalancerUsage(aws, balancers));
  if ('reason' in found) {
    return (['target-groups', 'load-balancer-rules', 'load-balancer-target-groups'] as const).map((id) => ({
      id,
      usage: found,
    }));
  }
  return [
    { id: 'target-groups', usage: found.usages['target-groups'] ?? unsaid },
    ...found.each.map(({ id, balancer, used, limit }) => ({ id, balancer, usage: { used, limit } })),
  ];
}

async function orReason<T extends object>(runtime: Runtime, reading: Promise<T>): Promise<T | NotRead> {
  return await reading.catch((thrown: unknown) => {
    runtime.signal.throwIfAborted();
    const error = refusalOf(thrown, runtime);
    if (error === undefined) throw thrown;
    return { reason: `${error.code}: ${error.message}`, hint: error.hint };
  });
}

/** An answer that leaves the quota out. */
const unsaid: NotRead = { reason: 'AWS does not say it', hint: 'look at it in the console: Service Quotas' };
