import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  AnyPrincipal,
  CompositePrincipal,
  type IPrincipal,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';

/** The permissions on a key that an encrypted volume or log group needs. */
const use = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];

/**
 * The key that encrypts everything in an environment. The first statement, which CDK adds, lets IAM policies of the account
 * grant its use. A service that calls KMS as itself, or with a role that AWS defines, needs a statement here:
 *
 * | who                                        | is allowed by                                                         |
 * |--------------------------------------------|-----------------------------------------------------------------------|
 * | people and roles, S3 for them              | their own IAM rights                                                  |
 * | CodePipeline: artifacts, approval topic    | IAM rights of the pipeline's role ([SNS])                             |
 * | RDS, Secrets Manager                       | IAM rights of the database's creator, then a grant ([RDS])            |
 * | CloudTrail: log files                      | TrailEncryptsLogs, of this trail only ([trail])                       |
 * | CloudTrail: bucket key                     | TrailMakesBucketKey, TrailUsesBucketKey, of this trail only ([key])   |
 * | readers of CloudTrail's log files          | AccountDecryptsTrailLogs, and their own IAM rights                    |
 * | CloudWatch Logs                            | LogGroups, in the context of a log group of this account ([logs])     |
 * | EC2, and Auto Scaling, whose role is AWS's | VolumesThroughEc2, GrantsThroughEc2 ([scaling])                       |
 * | CloudWatch alarms, RDS events to topics    | NoticesToTopics ([SNS])                                               |
 *
 * EC2's statements are those of AWS's own key for EBS: a caller who may launch an instance may have EC2 decrypt its volumes. They
 * name no role, because KMS refuses a key policy that names a role which does not exist yet.
 *
 * [SNS]: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
 * [RDS]: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html
 * [trail]: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
 * [key]: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
 * [logs]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 * [scaling]: https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 */
export class EnvironmentKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, { environment }: { environment: string }) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      alias: names.keyAlias(environment),
      description: `Everything Vendhost keeps in ${environment}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    for (const statement of [...this.#trail(environment), ...this.#services(), ...this.#volumes()]) {
      this.key.addToResourcePolicy(statement);
    }
  }

  #trail(environment: string): PolicyStatement[] {
    const { account, region, partition } = Stack.of(this);
    const name = names.trail(environment);
    const bucket = names.bucket(environment, account, region);
    const trail = new ServicePrincipal('cloudtrail.amazonaws.com');
    const ofTrail = {
      StringEquals: { 'aws:SourceArn': `arn:${partition}:cloudtrail:${region}:${account}:trail/${name}` },
    };
    const logFiles = {
      StringLike: { 'kms:EncryptionContext:aws:cloudtrail:arn': `arn:${partition}:cloudtrail:*:${account}:trail/*` },
    };
    return [
      allow('TrailEncryptsLogs', trail, ['kms:GenerateDataKey*'], { ...ofTrail, ...logFiles }),
      // The encryption context of a bucket key is the bucket, not the trail.
      allow('TrailMakesBucketKey', trail, ['kms:GenerateDataKey*'], {
        StringEquals: {
          ...ofTrail.StringEquals,
          'kms:EncryptionContext:aws:s3:arn': `arn:${partition}:s3:::${bucket}`,
        },
      }),
      // CloudTrail refuses to create a trail for a bucket whose key it may not decrypt with.
      allow('TrailUsesBucketKey', trail, ['kms:Decrypt', 'kms:DescribeKey'], ofTrail),
      allow('AccountDecryptsTrailLogs', new AccountRootPrincipal(), ['kms:Decrypt', 'kms:ReEncryptFrom'], {
        ...logFiles,
        StringEquals: { 'kms:CallerAccount': account },
      }),
    ];
  }

  #services(): PolicyStatement[] {
    const { account, region, partition } = Stack.of(this);
    const publishers = new CompositePrincipal(
      new ServicePrincipal('cloudwatch.amazonaws.com'),
      new ServicePrincipal('events.rds.amazonaws.com'),
    );
    const logs = new ServicePrincipal(`logs.${region}.amazonaws.com`);
    return [
      allow('LogGroups', logs, use, {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
      }),
      allow('NoticesToTopics', publishers, ['kms:Decrypt', 'kms:GenerateDataKey*'], {
        StringEquals: { 'aws:SourceAccount': account },
      }),
    ];
  }

  #volumes(): PolicyStatement[] {
    const { account, region } = Stack.of(this);
    const throughEc2 = { 'kms:CallerAccount': account, 'kms:ViaService': `ec2.${region}.amazonaws.com` };
    return [
      allow('VolumesThroughEc2', new AnyPrincipal(), use, { StringEquals: throughEc2 }),
      allow('GrantsThroughEc2', new AnyPrincipal(), ['kms:CreateGrant'], {
        StringEquals: throughEc2,
        // Only EC2 itself may create the grant, for the volumes of an instance.
        Bool: { 'kms:GrantIsForAWSResource': 'true' },
      }),
    ];
  }
}

function allow(
  sid: string,
  principal: IPrincipal,
  actions: string[],
  conditions: Record<string, unknown>,
): PolicyStatement {
  return new PolicyStatement({ sid, principals: [principal], actions, resources: ['*'], conditions });
}
