import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** Where the load balancer's access logs go in the log bucket. */
export const balancerLogs = 'balancer';

/**
 * The load balancer and S3 deliver their access logs only to a bucket whose default encryption is S3's own
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html), which the environment's
 * bucket is not: so they get this one.
 */
export class LogBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { name, account }: { name: string; account: string }) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName: name,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ id: 'logs', expiration: Duration.days(90) }],
    });
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'BalancerDeliversLogs',
        principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(`${balancerLogs}/AWSLogs/${account}/*`)],
        conditions: {
          ArnLike: {
            'aws:SourceArn': `arn:${Stack.of(this).partition}:elasticloadbalancing:${Stack.of(this).region}:${account}:loadbalancer/*`,
          },
        },
      }),
    );
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'This is the bucket that access logs go to; logging itself would never end.',
    });
  }
}
