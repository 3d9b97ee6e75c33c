import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface EnvironmentBucketProps {
  readonly name: string;
  readonly key: IKey;
  readonly accessLogs: IBucket;
  /** Days after which objects below `logs/` expire. */
  readonly logDays: number;
}

const oldVersionDays = 30;
const brokenUploadDays = 2;

/**
 * The bucket of an environment: `infrastructure/`, `software/`, `claims/` stay; `logs/` expires, and so do versions that were
 * written over. What CodePipeline stores under the names of pipelines stays as well: CodeDeploy fetches
 * the last good revision from there for every new instance. A bucket key saves most of the calls to KMS.
 *
 * The bucket and its policy outlive the stack, but not a first creation that fails: the next attempt needs the name
 * (`RetainExceptOnCreate`, https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html).
 */
export class EnvironmentBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { name, key, accessLogs, logDays }: EnvironmentBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName: name,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      versioned: true,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'bucket/',
      lifecycleRules: [
        gone('logs', logDays),
        {
          id: 'rest',
          noncurrentVersionExpiration: Duration.days(oldVersionDays),
          expiredObjectDeleteMarker: true,
          abortIncompleteMultipartUploadAfter: Duration.days(brokenUploadDays),
        },
      ],
    });
    this.bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }
}

/** In a versioned bucket what expires is still there as an old version: that goes a day later. */
function gone(folder: string, days: number) {
  return {
    id: folder,
    prefix: `${folder}/`,
    expiration: Duration.days(days),
    noncurrentVersionExpiration: Duration.days(1),
  };
}
