import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { hostLogs, names, type Place } from '../../../scripts/config/names.ts';

export interface HostLogsProps {
  readonly place: Place;
  /** ARN of the environment's key: hooks print anything, including passwords. */
  readonly keyArn: string;
  readonly days: number;
}

/**
 * The log groups of a tenant's instances, which outlive instances and virtual host, and are deleted with the tenant. They are here and not in the
 * host stack so that neither the tenant's jobs nor its instances can delete them or extend their retention.
 */
export class HostLogs extends Construct {
  constructor(scope: Construct, id: string, { place, keyArn, days }: HostLogsProps) {
    super(scope, id);
    for (const log of hostLogs) {
      new CfnLogGroup(this, log, {
        logGroupName: names.hostLogGroup(place, log),
        kmsKeyId: keyArn,
        retentionInDays: days,
      });
    }
  }
}
