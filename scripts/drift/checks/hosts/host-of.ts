import type { DriftContext } from '../../checks.ts';
import { sharedByName } from '../shared.ts';
import { askedByName, listed } from './host-source.ts';
import { readHost } from './read-hosts.ts';

/** A tenant's virtual host, for all checks of a context. */
export const hostOf = sharedByName(async (context: DriftContext, tenant) => {
  const { aws, environment, platform } = context;
  const isOfMany = platform !== undefined && context.tenant === undefined;
  return await readHost(aws, { environment, tenant }, isOfMany ? await listed(context) : askedByName(aws));
});
