import type { PlatformFacts, TenantRecord } from '../../../scripts/config/facts.ts';
import type { Place } from '../../../scripts/config/names.ts';
import type { VendhostConfig } from '../../../scripts/config/vendhost.ts';
import type { StackPlace } from '../../app.ts';

export interface HostStackProps {
  readonly place: Place;
  readonly stack: Omit<StackPlace, 'tags'>;
  readonly facts: PlatformFacts;
  readonly record: TenantRecord;
  /** ARN of the tenant's target group. */
  readonly targetGroup: string;
  readonly config: VendhostConfig;
  /** There is a database, whatever the configuration says of one. */
  readonly keepsDatabase: boolean;
}
