import type { PlatformFacts, TenantRecord } from '../../../scripts/config/facts.ts';
import type { Place } from '../../../scripts/config/names.ts';
import type { VendhostConfig } from '../../../scripts/config/vendhost.ts';
import type { StackPlace } from '../../app.ts';
import type { RuleGroup } from '../host-inputs.ts';

export interface HostStackProps {
  readonly place: Place;
  readonly stack: Omit<StackPlace, 'tags'>;
  readonly facts: PlatformFacts;
  readonly record: TenantRecord;
  readonly config: VendhostConfig;
  /** The tenant's hosts, grouped by listener rule. */
  readonly groups: readonly RuleGroup[];
}
