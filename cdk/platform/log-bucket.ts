import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** Where the load balancer's access logs go in the log bucket. */
export const balancerLogs = 'balancer';

export interface LogBucketProps {
  readonly name: string;
  /** Days after which objects expire. */
  readonly logDays: number;
}

/**
 * The load balancers and S3 deliver their access logs only to a bucket whose default encryption is S3's own
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html), which the environment's
 * bucket is not: so they get this one. It is not versioned: nobody writes over a log. Like the environment's bucket it stays
 * when its stack goes, unless the stack could not be created.
 */
export class LogBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { name, logDays }: LogBucketProps) {
    super(scope, id);
    const { account, partition, region } = Stack.of(this);
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName: name,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      lifecycleRules: [
        {
          id: 'logs',
          expiration: Duration.days(logDays),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    });
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'BalancerDeliversLogs',
        principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(`${balancerLogs}/AWSLogs/${account}/*`)],
        conditions: {
          ArnLike: {
            'aws:SourceArn': `arn:${partition}:elasticloadbalancing:${region}:${account}:loadbalancer/*`,
          },
        },
      }),
    );
    this.bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'This is the bucket that access logs go to; logging itself would never end.',
    });
  }
}
