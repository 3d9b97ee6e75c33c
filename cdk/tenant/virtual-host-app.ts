import type { App } from 'aws-cdk-lib';
import type { PlatformFacts, TenantRecord } from '../../scripts/config/facts.ts';
import type { Place } from '../../scripts/config/names.ts';
import type { VendhostConfig } from '../../scripts/config/vendhost.ts';
import { type AppProps, newApp } from '../app.ts';
import { DataStack } from './data/data-stack.ts';
import type { OtherBalancer } from './host/host-props.ts';
import { HostStack } from './host/host-stack.ts';

export interface VirtualHostProps {
  readonly place: Place;
  readonly account: string;
  readonly region: string;
  readonly facts: PlatformFacts;
  readonly record: TenantRecord;
  /** ARN of the tenant's target group. */
  readonly targetGroup: string;
  readonly otherBalancers?: readonly OtherBalancer[] | undefined;
  readonly config: VendhostConfig;
  /** There is a database that the host keeps, even with `database: none`. */
  readonly keepsDatabase: boolean;
}

/** The app with the stacks of a virtual host: the host, and its data unless it has no database. */
export function virtualHostApp(props: VirtualHostProps, app: AppProps = {}): App {
  const { place, account, region, facts, config } = props;
  const made = newApp(app);
  const stack = { account, region };
  if (config.database !== 'none') {
    new DataStack(made, {
      place,
      stack,
      vpcId: facts['vpc-id'],
      subnetGroup: facts['database-subnet-group'],
      keyArn: facts['key-arn'],
      config: config.database,
      grantedStorage: props.record.limits.max_storage_gib,
    });
  }
  new HostStack(made, { ...props, stack });
  return made;
}
