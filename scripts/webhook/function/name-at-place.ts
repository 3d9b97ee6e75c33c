import type { Place } from '../../config/names.ts';

/** The name of a place by its form, like `vendhost-{environment}-{tenant}-intake`, which the stack gives the functions. */
export function nameAtPlace(form: string, { environment, tenant }: Place): string {
  return form.replaceAll('{environment}', environment).replaceAll('{tenant}', tenant);
}

/** The tenant's part in the names of resources that exist for each half; no other tenant has that name. */
export function nameOfHalf(tenant: string, half: string | undefined): string {
  return half === undefined ? tenant : `${tenant}-${half}`;
}
