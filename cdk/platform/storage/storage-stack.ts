import { type App, CfnOutput } from 'aws-cdk-lib';
import { factsVersion, versionFact } from '../../../scripts/config/facts.ts';
import { names, tags } from '../../../scripts/config/names.ts';
import { VendhostStack } from '../../app.ts';
import { LogBucket } from '../log-bucket.ts';
import type { PlatformProps } from '../platform-props.ts';
import { Facts } from '../published-facts.ts';
import { Alerts } from './alerts.ts';
import { EnvironmentBucket } from './bucket.ts';
import { EnvironmentKey } from './key.ts';
import { LostWrites } from './lost-writes.ts';
import { ObjectTrail } from './trail.ts';

/** The key of an environment, its bucket, the bucket for delivered logs, the topic of its alarms, and the trail that records writes. */
export class StorageStack extends VendhostStack {
  constructor(app: App, { environment, config }: PlatformProps) {
    super(
      app,
      names.platformStack(environment, 'storage'),
      { account: config.account, region: config.region, tags: tags(environment, 'storage') },
      { description: `Key, buckets and trail of ${environment}`, terminationProtection: environment === 'production' },
    );
    const place = [environment, config.account, config.region] as const;
    const { key } = new EnvironmentKey(this, 'Key', { environment });
    const days = config.retention_days;
    const logs = new LogBucket(this, 'LogBucket', { name: names.logBucket(...place), days: days.access });
    const { bucket } = new EnvironmentBucket(this, 'Bucket', {
      name: names.bucket(...place),
      key,
      accessLogs: logs.bucket,
      days,
    });
    const alerts = new Alerts(this, 'Alerts', { environment, key, mails: config.alerts });
    const undelivered = new LostWrites(this, 'Undelivered', { environment, topic: alerts.topic });
    const facts = new Facts(this, environment, {
      bucket: bucket.bucketName,
      'key-arn': key.keyArn,
      'builder-access': config.builders.access,
      'builder-sources': config.builders.runners ?? [config.cidr],
      'alerts-topic': alerts.topic.topicArn,
      approval: String(config.approval),
      [versionFact]: String(factsVersion),
    });
    const trail = new ObjectTrail(this, 'Trail', { environment, bucket, key });
    // CloudTrail writes to the bucket at once, and a bucket with objects cannot be deleted. So the trail comes last: if
    // creation fails before it, it can be rolled back.
    trail.trail.node.addDependency(facts, key, logs, alerts, undelivered);

    new CfnOutput(this, 'BucketName', { value: bucket.bucketName });
  }
}
