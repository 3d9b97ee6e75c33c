import { RemovalPolicy } from 'aws-cdk-lib';
import { ReadWriteType, Trail } from 'aws-cdk-lib/aws-cloudtrail';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface ObjectTrailProps {
  readonly name: string;
  readonly bucket: IBucket;
  readonly key: IKey;
}

/** Who wrote which revision and which infrastructure script, and every change through AWS's own API. */
export class ObjectTrail extends Construct {
  constructor(scope: Construct, id: string, { name, bucket, key }: ObjectTrailProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/vendhost/trail/${name}`,
      retention: RetentionDays.THREE_DAYS,
      encryptionKey: key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const trail = new Trail(this, 'Trail', {
      trailName: name,
      bucket,
      s3KeyPrefix: 'logs/trail',
      encryptionKey: key,
      sendToCloudWatchLogs: true,
      cloudWatchLogGroup: logGroup,
      managementEvents: ReadWriteType.WRITE_ONLY,
      isMultiRegionTrail: false,
      includeGlobalServiceEvents: false,
      enableFileValidation: true,
    });
    const written = ['infrastructure/', 'software/'].map((objectPrefix) => ({ bucket, objectPrefix }));
    trail.addS3EventSelector(written, {
      readWriteType: ReadWriteType.WRITE_ONLY,
      includeManagementEvents: false,
    });
  }
}
