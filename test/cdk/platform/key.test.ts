import { describe, expect, test } from 'vitest';
import { allOf, templateOf } from './props.ts';

interface Statement {
  readonly Sid?: string;
  readonly Action: string | string[];
}

const template = templateOf('storage');
const statements = allOf(template, 'AWS::KMS::Key').flatMap(
  ({ KeyPolicy }) => (KeyPolicy as { Statement: Statement[] }).Statement,
);
const called = (sid: string) => statements.find(({ Sid }) => Sid === sid);

const trailArn = 'arn:aws:cloudtrail:eu-west-1:111111111111:trail/vendhost-dev';
const logFiles = { 'kms:EncryptionContext:aws:cloudtrail:arn': 'arn:aws:cloudtrail:*:111111111111:trail/*' };
const throughEc2 = { 'kms:CallerAccount': '111111111111', 'kms:ViaService': 'ec2.eu-west-1.amazonaws.com' };
const use = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'];

test('rotates, has the alias of the environment, and stays unless its stack could not be created', () => {
  template.hasResource('AWS::KMS::Key', {
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
    Properties: { EnableKeyRotation: true },
  });
  template.hasResourceProperties('AWS::KMS::Alias', { AliasName: 'alias/vendhost-dev' });
});

describe('who gets in', () => {
  test('people, S3, CodePipeline, RDS, Secrets Manager: by the IAM rights of the caller', () => {
    expect(statements[0]).toEqual({
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111111111111:root' },
      Action: 'kms:*',
      Resource: '*',
    });
  });

  test("CloudTrail: the environment's trail encrypts its files", () => {
    expect(called('TrailEncryptsLogs')).toEqual({
      Sid: 'TrailEncryptsLogs',
      Effect: 'Allow',
      Principal: { Service: 'cloudtrail.amazonaws.com' },
      Action: 'kms:GenerateDataKey*',
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceArn': trailArn }, StringLike: logFiles },
    });
  });

  test("CloudTrail: that trail may ask for the bucket's key, in the context of that bucket", () => {
    expect(called('TrailMakesBucketKey')).toEqual({
      Sid: 'TrailMakesBucketKey',
      Effect: 'Allow',
      Principal: { Service: 'cloudtrail.amazonaws.com' },
      Action: 'kms:GenerateDataKey*',
      Resource: '*',
      Condition: {
        StringEquals: {
          'aws:SourceArn': trailArn,
          'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::vendhost-dev-111111111111-eu-west-1',
        },
      },
    });
  });

  test('CloudTrail: that trail may use the bucket key', () => {
    expect(called('TrailUsesBucketKey')).toEqual({
      Sid: 'TrailUsesBucketKey',
      Effect: 'Allow',
      Principal: { Service: 'cloudtrail.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:DescribeKey'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceArn': trailArn } },
    });
  });

  test("readers of CloudTrail's files: the account, in their context", () => {
    expect(called('AccountDecryptsTrailLogs')).toEqual({
      Sid: 'AccountDecryptsTrailLogs',
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111111111111:root' },
      Action: ['kms:Decrypt', 'kms:ReEncryptFrom'],
      Resource: '*',
      Condition: { StringLike: logFiles, StringEquals: { 'kms:CallerAccount': '111111111111' } },
    });
  });

  test('CloudWatch Logs: in the context of a log group of the account', () => {
    expect(called('LogGroups')).toEqual({
      Sid: 'LogGroups',
      Effect: 'Allow',
      Principal: { Service: 'logs.eu-west-1.amazonaws.com' },
      Action: use,
      Resource: '*',
      Condition: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:eu-west-1:111111111111:log-group:*' },
      },
    });
  });

  test('CloudWatch alarms and RDS events: to publish to encrypted topics', () => {
    expect(called('NoticesToTopics')).toEqual({
      Sid: 'NoticesToTopics',
      Effect: 'Allow',
      Principal: { Service: ['cloudwatch.amazonaws.com', 'events.rds.amazonaws.com'] },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceAccount': '111111111111' } },
    });
  });

  test('EC2 and Auto Scaling: volumes, through EC2 only', () => {
    expect(called('VolumesThroughEc2')).toEqual({
      Sid: 'VolumesThroughEc2',
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: use,
      Resource: '*',
      Condition: { StringEquals: throughEc2 },
    });
  });

  test('EC2 and Auto Scaling: grants, for what AWS itself makes only', () => {
    expect(called('GrantsThroughEc2')).toEqual({
      Sid: 'GrantsThroughEc2',
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: 'kms:CreateGrant',
      Resource: '*',
      Condition: { StringEquals: throughEc2, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    });
  });

  test('nobody else', () => {
    expect(statements.slice(1).map(({ Sid }) => Sid)).toEqual([
      'TrailEncryptsLogs',
      'TrailMakesBucketKey',
      'TrailUsesBucketKey',
      'AccountDecryptsTrailLogs',
      'LogGroups',
      'NoticesToTopics',
      'VolumesThroughEc2',
      'GrantsThroughEc2',
    ]);
  });
});
