import { readPublishedFacts } from '../../aws/read-facts.ts';
import { readListeners } from '../../platform/status/parts.ts';
import { readRecords } from '../../platform/status/read-ownership.ts';
import type { PlatformCheckout } from '../checks.ts';
import { shared } from './shared.ts';

/** What the platform publishes, and the listeners among it with all their rules. */
export const listenersOf = shared(async ({ target }: PlatformCheckout) => {
  const published = await readPublishedFacts(target.aws, target.environment);
  return { published, listeners: await readListeners(target, published) };
});

/** The records of an environment's tenants. */
export const recordsOf = shared(({ target }: PlatformCheckout) => readRecords(target));
