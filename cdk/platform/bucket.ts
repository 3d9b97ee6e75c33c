import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface EnvironmentBucketProps {
  readonly name: string;
  readonly key: IKey;
  readonly accessLogs: IBucket;
}

const logDays = 30;
const artifactDays = 14;
const oldVersionDays = 30;

/**
 * The bucket of an environment: `infrastructure/`, `software/`, `claims/` stay; `logs/` and `artifacts/` expire, and so do
 * versions that were written over. What CodePipeline stores under the names of pipelines stays as well: CodeDeploy fetches
 * the last good revision from there for every new instance. A bucket key saves most of the calls to KMS.
 */
export class EnvironmentBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { name, key, accessLogs }: EnvironmentBucketProps) {
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
      removalPolicy: RemovalPolicy.RETAIN,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'bucket/',
      lifecycleRules: [
        { id: 'logs', prefix: 'logs/', expiration: Duration.days(logDays) },
        { id: 'artifacts', prefix: 'artifacts/', expiration: Duration.days(artifactDays) },
        {
          id: 'rest',
          noncurrentVersionExpiration: Duration.days(oldVersionDays),
          abortIncompleteMultipartUploadAfter: Duration.days(2),
        },
      ],
    });
  }
}
