import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { ArnPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { keptBucketProps } from '../../kept-bucket-props.ts';

export interface TenantBucketProps {
  readonly name: string;
  /** ARN of the environment's key. */
  readonly keyArn: string;
  /** ARN of the one role that reads and writes objects. */
  readonly instanceRole: string;
}

/** Days for which a deleted or overwritten object can be restored. */
const versionDays = 30;
const incompleteUploadDays = 2;

/**
 * The tenant's own bucket: for what its software stores besides the database, like uploads. Only its policy grants permissions on
 * it, and only to the instances' role, except for the outputs of commands, which the role of jobs may read; the boundary denies all of
 * them its settings. The software cannot delete versions, so what it loses can be restored for a month.
 *
 * Bucket and policy are retained when the stack is deleted, like all of a tenant's data.
 */
export class TenantBucket extends Construct {
  constructor(scope: Construct, id: string, { name, keyArn, instanceRole }: TenantBucketProps) {
    super(scope, id);
    const bucket = new Bucket(this, 'Bucket', {
      bucketName: name,
      encryption: BucketEncryption.KMS,
      encryptionKey: Key.fromKeyArn(this, 'Key', keyArn),
      bucketKeyEnabled: true,
      versioned: true,
      ...keptBucketProps,
      lifecycleRules: [
        {
          id: 'versions',
          noncurrentVersionExpiration: Duration.days(versionDays),
          expiredObjectDeleteMarker: true,
          abortIncompleteMultipartUploadAfter: Duration.days(incompleteUploadDays),
        },
      ],
    });
    const principals = [new ArnPrincipal(instanceRole)];
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'InstancesList',
        principals,
        actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads', 's3:ListBucketVersions'],
        resources: [bucket.bucketArn],
      }),
    );
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'InstancesReadAndWrite',
        principals,
        actions: [
          's3:AbortMultipartUpload',
          's3:DeleteObject',
          's3:GetObject',
          's3:GetObjectVersion',
          's3:ListMultipartUploadParts',
          's3:PutObject',
        ],
        resources: [bucket.arnForObjects('*')],
      }),
    );
    bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: "Access logs would name one role alone, that of the tenant's own instances.",
    });
  }
}
