import type { Fault } from '../config/issues.ts';
import type { TenantLimits } from '../config/tenant.ts';
import type { VendhostConfig } from '../config/vendhost.ts';

/** Everything in a tenant's `vendhost.yml` that exceeds its limits. */
export function limitFaults(file: string, config: VendhostConfig, limits: TenantLimits): Fault[] {
  const { instances, database } = config;
  const faults: Fault[] = [];
  const fault = (path: string, value: unknown, allowed: string) =>
    faults.push({
      file,
      path,
      message: `${JSON.stringify(value)} is more than the platform grants: must be ${allowed}`,
    });

  if (!limits.instance_types.includes(instances.type)) {
    fault('instances.type', instances.type, `one of ${limits.instance_types.join(', ')}`);
  }
  if (instances.max > limits.max_instances) fault('instances.max', instances.max, `at most ${limits.max_instances}`);
  if (database === 'none') return faults;
  if (!limits.database_classes.includes(database.class)) {
    const { database_classes: classes } = limits;
    fault('database.class', database.class, classes.length === 0 ? 'none' : `one of ${classes.join(', ')}`);
  }
  if (database.storage_gib > limits.max_storage_gib) {
    fault('database.storage_gib', database.storage_gib, `at most ${limits.max_storage_gib}`);
  }
  if ((database.max_storage_gib ?? 0) > limits.max_storage_gib) {
    fault('database.max_storage_gib', database.max_storage_gib, `at most ${limits.max_storage_gib}`);
  }
  return faults;
}
