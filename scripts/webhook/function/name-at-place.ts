import type { Place } from '../../config/names.ts';

/** The name of a place by its form, like `vendhost-{environment}-{tenant}-intake`, which the stack gives the functions. */
export function nameAtPlace(form: string, { environment, tenant }: Place): string {
  return form.replaceAll('{environment}', environment).replaceAll('{tenant}', tenant);
}
