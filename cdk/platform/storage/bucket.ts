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
const incompleteUploadDays = 2;

/**
 * The bucket of an environment. Objects below `logs/` expire, and so do noncurrent versions of all objects; everything else
 * stays. That includes the artifacts that CodePipeline stores under the names of pipelines: CodeDeploy downloads the last
 * successful revision from there whenever an instance starts, however old it is. A bucket key saves most calls of KMS.
 *
 * The bucket and its policy are retained when the stack is deleted, but not when its creation fails: the next attempt needs
 * the name
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
        expiring('logs', logDays),
        {
          id: 'rest',
          noncurrentVersionExpiration: Duration.days(oldVersionDays),
          expiredObjectDeleteMarker: true,
          abortIncompleteMultipartUploadAfter: Duration.days(incompleteUploadDays),
        },
      ],
    });
    this.bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }
}

/** In a versioned bucket an expired object remains as a noncurrent version, which is deleted a day later. */
function expiring(folder: string, days: number) {
  return {
    id: folder,
    prefix: `${folder}/`,
    expiration: Duration.days(days),
    noncurrentVersionExpiration: Duration.days(1),
  };
}
