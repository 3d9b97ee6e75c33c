import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, AnyPrincipal, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { names } from '../../scripts/config/names.ts';

/** What an encrypted volume or log group needs of a key. */
const use = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];

/**
 * The key that encrypts all of an environment. Principals of the account use it by their own IAM rights; CloudTrail and
 * CloudWatch Logs are services and need a word here, and so does Auto Scaling, whose role has no KMS rights
 * (https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html): whoever in this
 * account may launch an instance may have EC2 decrypt its volumes, as with AWS's own key for EBS.
 */
export class EnvironmentKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, { environment }: { environment: string }) {
    super(scope, id);
    const { account, region, partition } = Stack.of(this);
    this.key = new Key(this, 'Key', {
      alias: names.keyAlias(environment),
      description: `Everything Vendhost keeps in ${environment}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const statements = [
      new PolicyStatement({
        sid: 'TrailEncryptsLogs',
        principals: [new ServicePrincipal('cloudtrail.amazonaws.com')],
        actions: ['kms:GenerateDataKey*', 'kms:DescribeKey'],
        resources: ['*'],
        conditions: {
          StringEquals: {
            'aws:SourceArn': `arn:${partition}:cloudtrail:${region}:${account}:trail/${names.trail(environment)}`,
          },
        },
      }),
      new PolicyStatement({
        sid: 'AccountDecryptsTrailLogs',
        principals: [new AccountRootPrincipal()],
        actions: ['kms:Decrypt', 'kms:ReEncryptFrom'],
        resources: ['*'],
        conditions: {
          StringLike: {
            'kms:EncryptionContext:aws:cloudtrail:arn': `arn:${partition}:cloudtrail:*:${account}:trail/*`,
          },
          StringEquals: { 'kms:CallerAccount': account },
        },
      }),
      new PolicyStatement({
        sid: 'LogGroups',
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: use,
        resources: ['*'],
        conditions: {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
        },
      }),
      new PolicyStatement({
        sid: 'VolumesThroughEc2',
        principals: [new AnyPrincipal()],
        actions: [...use, 'kms:CreateGrant'],
        resources: ['*'],
        conditions: {
          StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': `ec2.${region}.amazonaws.com` },
        },
      }),
    ];
    for (const statement of statements) this.key.addToResourcePolicy(statement);
  }
}
