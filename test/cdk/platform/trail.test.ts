import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { allOf, templateOf } from './props.ts';

const template = templateOf('storage');
const ofTrail = { 'aws:SourceArn': 'arn:aws:cloudtrail:eu-west-1:111111111111:trail/vendhost-dev' };

describe('the trail', () => {
  test('is of one region, encrypted with the key, and proves its files', () => {
    const [trail] = allOf(template, 'AWS::CloudTrail::Trail');
    expect(trail).toMatchObject({
      TrailName: 'vendhost-dev',
      IsLogging: true,
      IsMultiRegionTrail: false,
      EnableLogFileValidation: true,
      S3BucketName: 'Bucket',
      S3KeyPrefix: 'logs/trail',
      KMSKeyId: 'Key.Arn',
      CloudWatchLogsLogGroupArn: 'TrailLogs.Arn',
    });
  });

  test('records who writes and deletes claims, image records, revisions and records of actions, and nobody who reads', () => {
    const [trail] = allOf(template, 'AWS::CloudTrail::Trail');
    expect(trail?.EventSelectors).toEqual([
      {
        ReadWriteType: 'WriteOnly',
        IncludeManagementEvents: true,
        DataResources: [
          {
            Type: 'AWS::S3::Object',
            Values: ['Bucket.Arn/audit/', 'Bucket.Arn/claims/', 'Bucket.Arn/infrastructure/', 'Bucket.Arn/software/'],
          },
        ],
      },
    ]);
  });

  test('is made after all else: with its first file in it the bucket could not be deleted', () => {
    const [trail] = Object.values(template.findResources('AWS::CloudTrail::Trail'));
    const others = Object.keys(template.toJSON().Resources).filter((id) => !id.startsWith('Trail'));
    expect(trail?.DependsOn).toEqual(expect.arrayContaining(others.filter((id) => !/^Bucket[0-9A-F]{8}$/.test(id))));
  });

  test('CloudWatch Logs keeps three days, encrypted', () => {
    template.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: '/vendhost/trail/vendhost-dev',
      RetentionInDays: 3,
      KmsKeyId: Match.anyValue(),
    });
  });
});

test('the bucket lets this trail in, and only below logs/trail', () => {
  const statements = allOf(template, 'AWS::S3::BucketPolicy').flatMap(
    ({ PolicyDocument }) => (PolicyDocument as { Statement: { Principal: unknown }[] }).Statement,
  );
  const service = { Service: 'cloudtrail.amazonaws.com' };
  expect(statements.filter(({ Principal }) => JSON.stringify(Principal) === JSON.stringify(service))).toEqual([
    {
      Sid: 'TrailReadsBucketAcl',
      Effect: 'Allow',
      Principal: service,
      Action: 's3:GetBucketAcl',
      Resource: 'Bucket.Arn',
      Condition: { StringEquals: ofTrail },
    },
    {
      Sid: 'TrailDeliversLogs',
      Effect: 'Allow',
      Principal: service,
      Action: 's3:PutObject',
      Resource: 'Bucket.Arn/logs/trail/AWSLogs/111111111111/*',
      Condition: { StringEquals: { ...ofTrail, 's3:x-amz-acl': 'bucket-owner-full-control' } },
    },
  ]);
});

test('the role to CloudWatch Logs, in full', () => {
  const roles = allOf(template, 'AWS::IAM::Role').map(({ Tags, ...role }) => role);
  const streams = 'log-group:/vendhost/trail/vendhost-dev:log-stream:111111111111_CloudTrail_eu-west-1*';
  expect(roles).toEqual([
    {
      Description: 'Trail of dev',
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      PermissionsBoundary: 'arn:aws:iam::111111111111:policy/vendhost-dev-service-boundary',
      Policies: [
        {
          PolicyName: 'write',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
                Resource: `arn:aws:logs:eu-west-1:111111111111:${streams}`,
              },
            ],
          },
        },
      ],
    },
  ]);
  template.resourceCountIs('AWS::IAM::Policy', 0);
});
