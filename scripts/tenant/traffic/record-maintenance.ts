import type { AuditEntry } from '../../audit/append.ts';
import { auditBefore } from '../../audit/audit-before.ts';
import { maintenanceAction, maintenanceState } from '../../audit/maintenance.ts';
import { names } from '../../config/names.ts';
import { isVendedMaintenance } from '../../listener/rule-answers.ts';
import { readStack } from '../../stack/stack-state.ts';
import type { Vending } from '../vend-plan.ts';
import { isOn } from './switched.ts';

/**
 * Vends, with an audit record if that begins or ends maintenance. The record is written first: nothing shows afterwards that a vend died in
 * between, because the rules are as wanted then. A failed vend has a second record, which says so.
 */
export async function withMaintenanceRecord<T>(
  vending: Pick<Vending, 'runtime' | 'aws' | 'place' | 'tenant' | 'chosen'>,
  bucket: string,
  work: () => Promise<T>,
): Promise<T> {
  const { runtime, aws, place, tenant, chosen } = vending;
  const entry = await readStack(aws, names.tenantStack(place, 'entry'));
  const isSwitchedOn = await isOn(aws, entry);
  const isIn = isSwitchedOn || (entry !== undefined && isVendedMaintenance(entry.outputs));
  // What the tenant has switched on stays.
  const switched = isSwitchedOn ? tenant.maintenance_switch[chosen.environment] : undefined;
  const page = tenant.maintenance[chosen.environment] ?? switched;
  if (isIn === (page !== undefined)) return await work();
  return await auditBefore(runtime, aws, { place, bucket, ...maintenanceChange(chosen.hosts, page) }, work);
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
