import { readLibrary } from '../../host/key/library.ts';
import { templateRecord } from '../access.ts';
import { applyVend, type VendResult } from '../apply-vend.ts';
import { withMaintenanceRecord } from '../traffic/record-maintenance.ts';
import type { PreparedVend, Vending } from '../vend-plan.ts';
import { vendKey, vendKeyText } from './vend-key.ts';
import { VendedMarks } from './vended-marks.ts';

/** What was vended in one environment. */
export interface MarkedVend {
  readonly result: VendResult;
  /** Marks the tenant's vend as complete; call it when the settings in GitLab are made too. */
  readonly mark: () => Promise<void>;
}

/** Vends in an environment. The tenant's mark is removed first, so that `tenant plan` finds a vend that died anywhere. */
export async function vendMarked(
  vending: Vending,
  prepared: PreparedVend,
  free?: () => Promise<void>,
): Promise<MarkedVend> {
  const { aws, place, platform, tenant, chosen } = vending;
  const { facts, assembly } = prepared;
  const marks = new VendedMarks(aws, facts.bucket);
  await marks.clear(place.tenant);
  const result = await withMaintenanceRecord(vending, facts.bucket, () => applyVend(vending, prepared, free));
  const record = templateRecord(assembly, place) ?? '';
  const key = vendKeyText(vendKey({ tenant, platform, chosen, facts, library: await readLibrary() }, record));
  // A tenant that is on its way between load balancers is vended again.
  const isDone = prepared.plan.balancer?.waitsFor === undefined;
  return {
    result,
    mark: async () => (isDone ? await marks.set(place.tenant, key, new Date().toISOString()) : undefined),
  };
}
