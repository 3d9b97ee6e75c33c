import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { CfnTrail } from 'aws-cdk-lib/aws-cloudtrail';
import { ManagedPolicy, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';

export interface ObjectTrailProps {
  readonly environment: string;
  readonly bucket: Bucket;
  readonly key: IKey;
}

const cloudtrail = new ServicePrincipal('cloudtrail.amazonaws.com');
const prefix = 'logs/trail';
/** Folders of the bucket in which each write and each deletion is recorded. */
const recorded = ['audit/', 'claims/', 'infrastructure/', 'software/'];

/**
 * Records writes and deletions of revisions, image records, claims and records of actions, and every management event that changes something in
 * this region, including policies of bucket and key, listener rules and the trail itself. The files in the bucket stay for
 * `retention_days.trail`; CloudWatch Logs keeps the events for three days, for searching.
 *
 * Not CDK's `Trail`: its bucket policy admits any trail of any account, and its role may write to all streams.
 */
export class ObjectTrail extends Construct {
  readonly trail: CfnTrail;

  constructor(scope: Construct, id: string, { environment, bucket, key }: ObjectTrailProps) {
    super(scope, id);
    const name = names.trail(environment);
    const logGroupName = `/vendhost/trail/${name}`;
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName,
      retention: RetentionDays.THREE_DAYS,
      encryptionKey: key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#admitToBucket(bucket, name);
    this.trail = new CfnTrail(this, 'Trail', {
      trailName: name,
      isLogging: true,
      s3BucketName: bucket.bucketName,
      s3KeyPrefix: prefix,
      kmsKeyId: key.keyArn,
      cloudWatchLogsLogGroupArn: logGroup.logGroupArn,
      cloudWatchLogsRoleArn: this.#writer(logGroupName, environment).roleArn,
      enableLogFileValidation: true,
      isMultiRegionTrail: false,
      // AWS records IAM and STS events in us-east-1 only, so only an environment in that region has them in its trail.
      includeGlobalServiceEvents: true,
      eventSelectors: [
        {
          readWriteType: 'WriteOnly',
          includeManagementEvents: true,
          dataResources: [
            {
              type: 'AWS::S3::Object',
              values: recorded.map((folder) => bucket.arnForObjects(folder)),
            },
          ],
        },
      ],
    });
    if (bucket.policy !== undefined) this.trail.node.addDependency(bucket.policy);
  }

  /** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html */
  #admitToBucket(bucket: Bucket, name: string): void {
    const { account, partition, region } = Stack.of(this);
    const ofTrail = { 'aws:SourceArn': `arn:${partition}:cloudtrail:${region}:${account}:trail/${name}` };
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'TrailReadsBucketAcl',
        principals: [cloudtrail],
        actions: ['s3:GetBucketAcl'],
        resources: [bucket.bucketArn],
        conditions: { StringEquals: ofTrail },
      }),
    );
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'TrailDeliversLogs',
        principals: [cloudtrail],
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects(`${prefix}/AWSLogs/${account}/*`)],
        conditions: { StringEquals: { ...ofTrail, 's3:x-amz-acl': 'bucket-owner-full-control' } },
      }),
    );
  }

  /**
   * The role with which events are sent to CloudWatch Logs; its trust policy cannot name the trail
   * (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html).
   */
  #writer(logGroupName: string, environment: string): Role {
    const { account, partition, region } = Stack.of(this);
    const streams = `log-group:${logGroupName}:log-stream:${account}_CloudTrail_${region}*`;
    const write = new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [`arn:${partition}:logs:${region}:${account}:${streams}`],
    });
    const role = new Role(this, 'Role', {
      description: `Trail of ${environment}`,
      assumedBy: cloudtrail,
      permissionsBoundary: ManagedPolicy.fromManagedPolicyName(this, 'Boundary', names.serviceBoundary(environment)),
      inlinePolicies: { write: new PolicyDocument({ statements: [write] }) },
    });
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:${region}:${account}:${streams}]`,
      reason: 'CloudTrail adds streams, numbered after this name, when there are many events.',
    });
    return role;
  }
}
