import {
  DescribeListenerCertificatesCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { callJson, callQuery, clientConfig } from '../clients.ts';
import { att, ref, subnet, vpc } from './resources.ts';

const { endpoint } = inject('localCloud');
const account = '610000000002';
const config = clientConfig(endpoint, account);
const stacks = new Stacks(clientConfig(endpoint, account));

describe('the platform', () => {
  const bucketPolicy = {
    Type: 'AWS::S3::BucketPolicy',
    Properties: {
      Bucket: ref('Bucket'),
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'cloudtrail.amazonaws.com' },
            Action: 's3:PutObject',
            Resource: { 'Fn::Sub': '${Bucket.Arn}/*' },
          },
        ],
      },
    },
  };
  const trail = (logging: boolean, validation: boolean) => ({
    Type: 'AWS::CloudTrail::Trail',
    DependsOn: 'Policy',
    Properties: {
      TrailName: 'audit',
      S3BucketName: ref('Bucket'),
      IsLogging: logging,
      EnableLogFileValidation: validation,
      Tags: [{ Key: 'layer', Value: 'platform' }],
    },
  });

  test('a trail logs, stops, and needs a bucket policy', async () => {
    const resources = { Bucket: { Type: 'AWS::S3::Bucket' }, Policy: bucketPolicy };
    const outputs = { Trail: ref('Trail'), Arn: att('Trail', 'Arn') };
    const created = await stacks.create('trail', { resources: { ...resources, Trail: trail(true, true) }, outputs });
    expect(created).toMatchObject({ status: 'CREATE_COMPLETE', outputs: { Trail: 'audit' } });
    expect(created.outputs.Arn).toBe(`arn:aws:cloudtrail:eu-west-1:${account}:trail/audit`);
    const target = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101';
    const state = () => callJson(endpoint, account, `${target}.GetTrailStatus`, { Name: 'audit' });
    const shown = () => callJson(endpoint, account, `${target}.GetTrail`, { Name: 'audit' });
    expect(await state()).toMatchObject({ IsLogging: true });
    expect(await shown()).toMatchObject({ Trail: { LogFileValidationEnabled: true } });

    await stacks.update('trail', { resources: { ...resources, Trail: trail(false, false) }, outputs });
    expect(await state()).toMatchObject({ IsLogging: false });
    expect(await shown()).toMatchObject({ Trail: { LogFileValidationEnabled: false } });
    expect((await stacks.delete('trail')).status).toBe('DELETE_COMPLETE');

    const { DependsOn: _, ...alone } = trail(true, true);
    const refused = await stacks.create('bare-trail', {
      resources: { Bucket: { Type: 'AWS::S3::Bucket' }, Trail: alone },
    });
    expect(refused.status).toBe('ROLLBACK_COMPLETE');
    expect(refused.failures.join()).toContain('InsufficientS3BucketPolicyException');
  });

  test('a bucket keeps its lifecycle, logging and tags', async () => {
    const s3 = new S3Client({ ...config, forcePathStyle: true });
    const bucket = (days: number) => ({
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: 'lifecycle-bucket',
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: {
          Rules: [
            {
              Id: 'logs',
              Status: 'Enabled',
              Prefix: 'logs/',
              ExpirationInDays: days,
              NoncurrentVersionExpiration: { NoncurrentDays: 7 },
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
            },
          ],
        },
        LoggingConfiguration: { LogFilePrefix: 'logs/bucket/' },
        Tags: [{ Key: 'layer', Value: 'platform' }],
      },
    });
    const lifecycle = () => s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'lifecycle-bucket' }));

    await stacks.create('bucket', { resources: { Bucket: bucket(30) } });
    expect((await lifecycle()).Rules).toMatchObject([
      {
        ID: 'logs',
        Filter: { Prefix: 'logs/' },
        Expiration: { Days: 30 },
        NoncurrentVersionExpiration: { NoncurrentDays: 7 },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ]);
    const { LoggingEnabled } = await s3.send(new GetBucketLoggingCommand({ Bucket: 'lifecycle-bucket' }));
    expect(LoggingEnabled).toMatchObject({ TargetBucket: 'lifecycle-bucket', TargetPrefix: 'logs/bucket/' });
    const { TagSet } = await s3.send(new GetBucketTaggingCommand({ Bucket: 'lifecycle-bucket' }));
    expect(TagSet).toContainEqual({ Key: 'layer', Value: 'platform' });
    expect(TagSet).toContainEqual({ Key: 'aws:cloudformation:logical-id', Value: 'Bucket' });

    await stacks.update('bucket', { resources: { Bucket: bucket(60) } });
    expect((await lifecycle()).Rules?.[0]?.Expiration).toEqual({ Days: 60 });
    expect((await stacks.delete('bucket')).status).toBe('DELETE_COMPLETE');
  });

  test('an identity provider changes its client ids in place', async () => {
    const provider = (...ids: string[]) => ({
      Gitlab: {
        Type: 'AWS::IAM::OIDCProvider',
        Properties: { Url: 'https://gitlab.example.com', ClientIdList: ids },
      },
    });
    const outputs = { Arn: ref('Gitlab') };
    const arn = `arn:aws:iam::${account}:oidc-provider/gitlab.example.com`;
    const shown = () =>
      callQuery(endpoint, account, 'iam', {
        Action: 'GetOpenIDConnectProvider',
        Version: '2010-05-08',
        OpenIDConnectProviderArn: arn,
      });
    const created = await stacks.create('oidc', { resources: provider('https://one.example.com'), outputs });
    expect(created).toMatchObject({ status: 'CREATE_COMPLETE', outputs: { Arn: arn } });
    expect(await shown()).toContain('<ClientIDList><member>https://one.example.com</member></ClientIDList>');
    await stacks.update('oidc', { resources: provider('https://two.example.com'), outputs });
    expect(await shown()).toContain('<ClientIDList><member>https://two.example.com</member></ClientIDList>');
    expect((await stacks.delete('oidc')).status).toBe('DELETE_COMPLETE');
    expect(await shown()).toContain('NoSuchEntity');
  });

  test('a listener gets more certificates', async () => {
    const certificate = (name: string) => ({
      Type: 'AWS::CertificateManager::Certificate',
      Properties: { DomainName: name },
    });
    const resources = {
      Vpc: vpc,
      One: subnet('10.7.1.0/24'),
      Two: {
        ...subnet('10.7.2.0/24'),
        Properties: { VpcId: ref('Vpc'), CidrBlock: '10.7.2.0/24', AvailabilityZone: 'eu-west-1b' },
      },
      First: certificate('first.example.com'),
      Second: certificate('second.example.com'),
      Balancer: {
        Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
        Properties: { Name: 'certificates', Subnets: [ref('One'), ref('Two')] },
      },
      Listener: {
        Type: 'AWS::ElasticLoadBalancingV2::Listener',
        Properties: {
          LoadBalancerArn: ref('Balancer'),
          Port: 443,
          Protocol: 'HTTPS',
          Certificates: [{ CertificateArn: ref('First') }],
          DefaultActions: [
            { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503', ContentType: 'text/plain' } },
          ],
        },
      },
      More: {
        Type: 'AWS::ElasticLoadBalancingV2::ListenerCertificate',
        Properties: { ListenerArn: ref('Listener'), Certificates: [{ CertificateArn: ref('Second') }] },
      },
    };
    const outputs = { Listener: ref('Listener'), First: ref('First'), Second: ref('Second') };
    const created = await stacks.create('certificates', { resources, outputs });
    expect(created.status).toBe('CREATE_COMPLETE');
    const elb = new ElasticLoadBalancingV2Client(config);
    const { Certificates } = await elb.send(
      new DescribeListenerCertificatesCommand({ ListenerArn: created.outputs.Listener }),
    );
    expect(Certificates).toEqual([
      { CertificateArn: created.outputs.First, IsDefault: true },
      { CertificateArn: created.outputs.Second, IsDefault: false },
    ]);
    expect((await stacks.delete('certificates')).status).toBe('DELETE_COMPLETE');
  });
});
