import type { DriftContext } from '../../checks.ts';
import { sharedByName } from '../shared.ts';
import { readHost } from './read-hosts.ts';

/** A tenant's virtual host, for all checks of a context. */
export const hostOf = sharedByName(({ aws, environment }: DriftContext, tenant) =>
  readHost(aws, { environment, tenant }),
);
