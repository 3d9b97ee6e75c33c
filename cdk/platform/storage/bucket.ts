import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { keptBucketProps } from '../../kept-bucket-props.ts';

export interface EnvironmentBucketProps {
  readonly name: string;
  readonly key: IKey;
  readonly accessLogs: IBucket;
  readonly days: {
    /** Days after which objects below `logs/` expire: the files of the trail. */
    readonly trail: number;
    /** Days after which noncurrent versions of all objects are deleted. */
    readonly versions: number;
  };
}

const incompleteUploadDays = 2;

/**
 * The bucket of an environment. Objects below `logs/` expire, and noncurrent versions of all objects are deleted; everything
 * else stays. A file of the trail that somebody deletes also becomes a noncurrent version, and can be restored. What stays includes the artifacts that CodePipeline stores under the names of pipelines: CodeDeploy downloads the last
 * successful revision from there whenever an instance starts, however old it is. A bucket key saves most calls of KMS.
 *
 * The bucket and its policy are retained when the stack is deleted, but not when its creation fails: the next attempt needs
 * the name
 * (`RetainExceptOnCreate`, https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html).
 */
export class EnvironmentBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { name, key, accessLogs, days }: EnvironmentBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName: name,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      versioned: true,
      ...keptBucketProps,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'bucket/',
      lifecycleRules: [
        { id: 'logs', prefix: 'logs/', expiration: Duration.days(days.trail) },
        {
          id: 'rest',
          noncurrentVersionExpiration: Duration.days(days.versions),
          expiredObjectDeleteMarker: true,
          abortIncompleteMultipartUploadAfter: Duration.days(incompleteUploadDays),
        },
      ],
    });
    this.bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }
}
