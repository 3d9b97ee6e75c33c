import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { keptBucketProps } from '../kept-bucket-props.ts';

/** Prefix of the load balancers' access logs in the log bucket. */
export const balancerLogs = 'balancer';

export interface LogBucketProps {
  readonly name: string;
  /** Days after which objects expire. */
  readonly days: number;
}

/**
 * Receives the access logs of the load balancers and of S3. They are delivered only to a bucket that is encrypted with S3's
 * own key (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html), which the
 * environment's bucket is not. It has no versions, because nobody overwrites a log. Like the environment's bucket it is
 * retained when the stack is deleted, but not when its creation fails.
 */
export class LogBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { name, days }: LogBucketProps) {
    super(scope, id);
    const { account, partition, region } = Stack.of(this);
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName: name,
      encryption: BucketEncryption.S3_MANAGED,
      ...keptBucketProps,
      lifecycleRules: [
        {
          id: 'logs',
          expiration: Duration.days(days),
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
      reason: 'This bucket receives the access logs; logging its own deliveries would never end.',
    });
  }
}
