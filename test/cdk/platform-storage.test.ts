import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { names } from '../../scripts/config/names.ts';
import { templateOf } from './platform-props.ts';

const bucket = names.bucket('dev', '111111111111', 'eu-west-1');
const logBucket = names.logBucket('dev', '111111111111', 'eu-west-1');
const template = templateOf('storage');

describe('the key', () => {
  test('rotates, stays, and has the alias of the environment', () => {
    template.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Retain', Properties: { EnableKeyRotation: true } });
    template.hasResourceProperties('AWS::KMS::Alias', { AliasName: 'alias/vendhost-dev' });
  });

  test.each([
    ['TrailEncryptsLogs', { StringEquals: { 'aws:SourceArn': Match.anyValue() } }],
    ['AccountDecryptsTrailLogs', { StringEquals: { 'kms:CallerAccount': '111111111111' } }],
    ['LogGroups', { ArnLike: Match.anyValue() }],
    [
      'VolumesThroughEc2',
      { StringEquals: { 'kms:CallerAccount': '111111111111', 'kms:ViaService': 'ec2.eu-west-1.amazonaws.com' } },
    ],
  ])('%s may use it only under a condition', (sid, condition) => {
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([Match.objectLike({ Sid: sid, Condition: Match.objectLike(condition) })]),
      },
    });
  });
});

describe('the bucket', () => {
  test('is versioned, encrypted with the key through a bucket key, closed to the public, and stays', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({
        BucketName: bucket,
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            Match.objectLike({ BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }),
          ],
        },
      }),
    });
  });

  test('logs and artifacts expire; nothing expires under software, infrastructure, claims or a pipeline', () => {
    const [found] = Object.values(template.findResources('AWS::S3::Bucket', { Properties: { BucketName: bucket } }));
    const rules = found?.Properties.LifecycleConfiguration.Rules as { Prefix?: string; ExpirationInDays?: number }[];
    const expiring = rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined);
    expect(expiring.map(({ Prefix }) => Prefix)).toEqual(['logs/', 'artifacts/']);
    expect(rules.some((rule) => 'NoncurrentVersionExpiration' in rule)).toBe(true);
  });

  test('answers over TLS only', () => {
    const refusesPlain = Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    template.resourcePropertiesCountIs(
      'AWS::S3::BucketPolicy',
      { PolicyDocument: { Statement: Match.arrayWith([refusesPlain]) } },
      2,
    );
  });
});

test('the log bucket has the encryption that the load balancer can deliver to', () => {
  template.hasResourceProperties('AWS::S3::Bucket', {
    BucketName: logBucket,
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
  });
  template.hasResourceProperties('AWS::S3::BucketPolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Sid: 'BalancerDeliversLogs',
          Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
        }),
      ]),
    },
  });
});

describe('the trail', () => {
  test('records who writes below infrastructure/ and software/, and nobody who reads', () => {
    const [trail] = Object.values(template.findResources('AWS::CloudTrail::Trail'));
    const selectors = trail?.Properties.EventSelectors as {
      ReadWriteType: string;
      DataResources?: { Values: unknown[] }[];
    }[];
    expect(selectors.map(({ ReadWriteType }) => ReadWriteType)).toEqual(['WriteOnly', 'WriteOnly']);
    const values = JSON.stringify(selectors.flatMap(({ DataResources = [] }) => DataResources));
    expect(values).toContain('/infrastructure/');
    expect(values).toContain('/software/');
  });

  test('is encrypted and proves its files; CloudWatch keeps three days', () => {
    template.hasResourceProperties('AWS::CloudTrail::Trail', {
      TrailName: 'vendhost-dev',
      EnableLogFileValidation: true,
      S3KeyPrefix: 'logs/trail',
      KMSKeyId: Match.anyValue(),
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 3, KmsKeyId: Match.anyValue() });
  });
});
