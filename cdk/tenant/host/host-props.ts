import type { PlatformFacts, TenantRecord } from '../../../scripts/config/facts.ts';
import type { Place } from '../../../scripts/config/names.ts';
import type { VendhostConfig } from '../../../scripts/config/vendhost.ts';
import type { StackPlace } from '../../app.ts';

/** A load balancer that the tenant moves to or from. */
export interface OtherBalancer {
  readonly number: number;
  /** ARN. */
  readonly loadBalancerArn: string;
  readonly securityGroup: string;
  /** ARN of the tenant's target group there. */
  readonly targetGroup: string;
}

export interface HostStackProps {
  readonly place: Place;
  readonly stack: Omit<StackPlace, 'tags'>;
  readonly facts: PlatformFacts;
  readonly record: TenantRecord;
  /** ARN of the tenant's target group. */
  readonly targetGroup: string;
  /** Other load balancers that forward to the instances, while the tenant moves. */
  readonly otherBalancers?: readonly OtherBalancer[] | undefined;
  readonly config: VendhostConfig;
  /** There is a database, whatever the configuration says. */
  readonly keepsDatabase: boolean;
}
