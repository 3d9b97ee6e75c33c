import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { names } from '../../../scripts/config/names.ts';
import { allOf, configured, stackOf, templateOf } from './props.ts';

const bucketName = names.bucket('dev', '111111111111', 'eu-west-1');
const logBucketName = names.logBucket('dev', '111111111111', 'eu-west-1');
const template = templateOf('storage');

interface Rule {
  readonly Id: string;
  readonly ExpirationInDays?: number;
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number };
}

function bucket(name: string, from = template): Record<string, unknown> {
  const found = allOf(from, 'AWS::S3::Bucket').find(({ BucketName }) => BucketName === name);
  if (found === undefined) throw new Error(`no bucket ${name}`);
  return found;
}

function rules(name: string, from = template): Rule[] {
  return (bucket(name, from).LifecycleConfiguration as { Rules: Rule[] }).Rules;
}

describe('both buckets', () => {
  test.each([bucketName, logBucketName])('%s is closed to the public', (name) => {
    expect(bucket(name)).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
  });

  test('stay with their policies, unless their stack could not be created', () => {
    const stays = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };
    for (const type of ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy']) {
      expect(Object.values(template.findResources(type))).toEqual([
        expect.objectContaining(stays),
        expect.objectContaining(stays),
      ]);
    }
  });

  test('answer over TLS 1.2 and newer only', () => {
    const refuses = (condition: unknown) =>
      Match.objectLike({ Effect: 'Deny', Action: 's3:*', Principal: { AWS: '*' }, Condition: condition });
    const refused = [
      refuses({ Bool: { 'aws:SecureTransport': 'false' } }),
      refuses({ NumericLessThan: { 's3:TlsVersion': 1.2 } }),
    ];
    template.resourcePropertiesCountIs(
      'AWS::S3::BucketPolicy',
      { PolicyDocument: { Statement: Match.arrayWith(refused) } },
      2,
    );
  });
});

describe('the bucket of the environment', () => {
  test('is versioned, and encrypted with the key through a bucket key', () => {
    expect(bucket(bucketName)).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'Key.Arn' },
          },
        ],
      },
      LoggingConfiguration: { DestinationBucketName: 'LogBucket', LogFilePrefix: 'bucket/' },
    });
  });

  test('files of the trail expire after a year, and current objects below other prefixes never', () => {
    expect(rules(bucketName)).toEqual([
      { Id: 'logs', Status: 'Enabled', Prefix: 'logs/', ExpirationInDays: 365 },
      {
        Id: 'rest',
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        ExpiredObjectDeleteMarker: true,
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
      },
    ]);
  });

  test("what CloudTrail and S3 deliver lies below what expires, and so do the balancers' logs", () => {
    const [trail] = allOf(template, 'AWS::CloudTrail::Trail');
    expect(trail?.S3KeyPrefix).toMatch(/^logs\//);
    expect(rules(logBucketName)).toEqual([expect.not.objectContaining({ Prefix: expect.anything() })]);
  });
});

describe('the log bucket', () => {
  test('has the encryption that the load balancers can deliver to', () => {
    expect(bucket(logBucketName).BucketEncryption).toEqual({
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    });
  });

  test('lets load balancers of the account and the bucket of the environment deliver, nobody else', () => {
    const policies = allOf(template, 'AWS::S3::BucketPolicy');
    const statements = policies
      .filter((each) => each.Bucket === 'LogBucket')
      .flatMap((each) => (each.PolicyDocument as { Statement: { Effect: string }[] }).Statement);
    expect(statements.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      {
        Sid: 'BalancerDeliversLogs',
        Effect: 'Allow',
        Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
        Action: 's3:PutObject',
        Resource: 'LogBucket.Arn/balancer/AWSLogs/111111111111/*',
        Condition: {
          ArnLike: { 'aws:SourceArn': 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/*' },
        },
      },
      {
        Effect: 'Allow',
        Principal: { Service: 'logging.s3.amazonaws.com' },
        Action: 's3:PutObject',
        Resource: 'LogBucket.Arn/bucket/*',
        Condition: {
          ArnLike: { 'aws:SourceArn': 'Bucket.Arn' },
          StringEquals: { 'aws:SourceAccount': '111111111111' },
        },
      },
    ]);
  });

  test('everything in it goes after a quarter, broken uploads after a day', () => {
    expect(rules(logBucketName)).toEqual([
      {
        Id: 'logs',
        Status: 'Enabled',
        ExpirationInDays: 90,
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ]);
  });
});

test.each([
  { trail: 400, access: 20, versions: 7, logs: 30 },
  { trail: 1, access: 1, versions: 1, logs: 30 },
] as const)('evidence stays as long as platform.yml says: $trail, $access and $versions days', (days) => {
  const changed = templateOf('storage', 'dev', configured('dev', { retention_days: days }));
  const rule = (name: string, id: string) => rules(name, changed).find(({ Id }) => Id === id);
  expect({
    trail: rule(bucketName, 'logs')?.ExpirationInDays,
    access: rule(logBucketName, 'logs')?.ExpirationInDays,
    versions: rule(bucketName, 'rest')?.NoncurrentVersionExpiration?.NoncurrentDays,
  }).toEqual({ trail: days.trail, access: days.access, versions: days.versions });
});

test.each([
  ['dev', 'false', false],
  ['production', 'true', true],
] as const)('in %s: a person must approve releases: %s; the stack is protected: %s', (name, approval, protection) => {
  templateOf('storage', name).hasResourceProperties('AWS::SSM::Parameter', {
    Name: `/vendhost/${name}/approval`,
    Value: approval,
  });
  expect(stackOf('storage', name).terminationProtection).toBe(protection);
});

describe('the topic of alarms', () => {
  const alerting = templateOf(
    'storage',
    'dev',
    configured('dev', { alerts: ['night@example.com', 'day@example.com'] }),
  );

  test('CloudWatch writes to it, for this account, and whoever writes does so by TLS', () => {
    const policies = allOf(alerting, 'AWS::SNS::TopicPolicy');
    expect(policies.map(({ PolicyDocument }) => (PolicyDocument as { Statement: unknown }).Statement)).toMatchObject([
      [
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Condition: { StringEquals: { 'aws:SourceAccount': '111111111111' } },
        },
        { Effect: 'Deny', Principal: { AWS: '*' }, Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      ],
    ]);
    alerting.hasResourceProperties('AWS::SNS::Topic', {
      TopicName: 'vendhost-dev-alerts',
      KmsMasterKeyId: Match.anyValue(),
    });
  });

  test('each address of platform.yml has a subscription; its place in the list does not matter', () => {
    const ends = allOf(alerting, 'AWS::SNS::Subscription').map(({ Protocol, Endpoint }) => [Protocol, Endpoint]);
    expect(ends).toEqual([
      ['email', 'night@example.com'],
      ['email', 'day@example.com'],
    ]);
    const turned = templateOf(
      'storage',
      'dev',
      configured('dev', { alerts: ['day@example.com', 'night@example.com'] }),
    );
    expect(turned.findResources('AWS::SNS::Subscription')).toEqual(alerting.findResources('AWS::SNS::Subscription'));
    expect(allOf(template, 'AWS::SNS::Subscription')).toEqual([]);
  });
});

describe('the queue of what no intake released', () => {
  test('takes messages from rules of tenants of this environment only, and has an alarm', () => {
    const [policy] = allOf(template, 'AWS::SQS::QueuePolicy') as {
      PolicyDocument: { Statement: { Effect: string }[] };
    }[];
    const statements = policy?.PolicyDocument.Statement ?? [];
    expect(statements.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      {
        ...{ Sid: 'Rules', Effect: 'Allow', Action: 'sqs:SendMessage' },
        Principal: { Service: 'events.amazonaws.com' },
        Resource: 'arn:aws:sqs:eu-west-1:111111111111:vendhost-dev-undelivered',
        Condition: {
          StringEquals: { 'aws:SourceAccount': '111111111111' },
          ArnLike: { 'aws:SourceArn': 'arn:aws:events:eu-west-1:111111111111:rule/vendhost-dev-*' },
        },
      },
    ]);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'vendhost-dev-undelivered',
      Dimensions: [{ Name: 'QueueName', Value: 'vendhost-dev-undelivered' }],
      Threshold: 0,
      AlarmActions: [{ Ref: Match.stringLikeRegexp('^AlertsTopic') }],
    });
  });
});
