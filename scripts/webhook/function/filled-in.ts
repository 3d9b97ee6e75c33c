import type { Place } from '../../config/names.ts';

/** Stands in a name for a place's parts. The stack gives the functions names like this, so that they change with the stack alone. */
export const anyPlace: Place = { environment: '{environment}', tenant: '{tenant}' };

/** The name for one place. */
export function filledIn(form: string, { environment, tenant }: Place): string {
  return form.replaceAll(anyPlace.environment, environment).replaceAll(anyPlace.tenant, tenant);
}
