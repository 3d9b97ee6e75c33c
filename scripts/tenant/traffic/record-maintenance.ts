import { maintenanceOutput } from '../../../cdk/tenant/entry/rule-groups.ts';
import { type AuditEntry, appendAudit, readActor } from '../../audit/append.ts';
import { maintenanceAction, maintenanceState } from '../../audit/maintenance.ts';
import { names } from '../../config/names.ts';
import { messageOf } from '../../errors.ts';
import { readStack } from '../../stack/stack-state.ts';
import type { Vending } from '../vend-plan.ts';

/**
 * Vends, with an audit record where that begins or ends maintenance. The record is written before: a vend that dies in between is seen by
 * nothing afterwards, as the rules are what they should be then. One that fails has a second record, which says so.
 */
export async function withMaintenanceRecord<T>(
  vending: Pick<Vending, 'runtime' | 'aws' | 'place' | 'tenant' | 'chosen'>,
  bucket: string,
  work: () => Promise<T>,
): Promise<T> {
  const { runtime, aws, place, tenant, chosen } = vending;
  const page = tenant.maintenance[chosen.environment];
  const entry = await readStack(aws, names.tenantStack(place, 'entry'));
  const isIn = entry?.outputs[maintenanceOutput] !== undefined;
  if (isIn === (page !== undefined)) return await work();
  const change = maintenanceChange(chosen.hosts, page);
  const by = await readActor(aws, runtime);
  const write = (after: string) => appendAudit(runtime, aws, { place, bucket }, { ...change, after, by });
  await write(change.after);
  try {
    return await work();
  } catch (error) {
    await write(`failed: ${messageOf(error)}`).catch((fault: unknown) =>
      runtime.out.warn(`the audit has no record that this failed: ${messageOf(fault)}`),
    );
    throw error;
  }
}

/**
 * The record of maintenance that begins, or ends without a page. Nobody gives a reason to a vend: the commit has it.
 * @param hosts what the page answers for
 */
export function maintenanceChange(hosts: readonly string[], page: string | undefined): Omit<AuditEntry, 'by'> {
  return {
    action: maintenanceAction,
    target: hosts.join(', '),
    before: page === undefined ? 'on' : 'off',
    after: maintenanceState(page),
    reason: '',
  };
}
