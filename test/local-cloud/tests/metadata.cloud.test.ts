import { ModifyInstanceMetadataOptionsCommand } from '@aws-sdk/client-ec2';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';
import { type LocalCloud, startLocalCloud } from '../start.ts';
import { Fleet } from './fleet.ts';

/** What an instance finds at 169.254.169.254, and what its role's credentials are good for where IAM is enforced. */

const account = '660000000009';
const bucket = `keeper-${account}`;
const role = 'keeper';
const arn = `arn:aws:iam::${account}:role/${role}`;
let local: LocalCloud;
let fleet: Fleet;

const allow = (Action: string | string[], Resource: unknown, more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const world = {
  Role: {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: role,
      AssumeRolePolicyDocument: document({
        Effect: 'Allow',
        Principal: { Service: 'ec2.amazonaws.com' },
        Action: 'sts:AssumeRole',
      }),
      Policies: [
        {
          PolicyName: 'own',
          PolicyDocument: document(
            allow('secretsmanager:GetSecretValue', `arn:aws:secretsmanager:eu-west-1:${account}:secret:own-??????`),
          ),
        },
      ],
    },
  },
  Profile: {
    Type: 'AWS::IAM::InstanceProfile',
    Properties: { InstanceProfileName: role, Roles: [{ Ref: 'Role' }] },
  },
  Own: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'own', SecretString: 'open sesame' } },
  Other: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'other', SecretString: 'closed' } },
  Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: bucket } },
  Policy: {
    Type: 'AWS::S3::BucketPolicy',
    DependsOn: ['Role'],
    Properties: {
      Bucket: { Ref: 'Bucket' },
      PolicyDocument: document(
        allow(['s3:GetObject', 's3:PutObject'], `arn:aws:s3:::${bucket}/*`, { Principal: { AWS: arn } }),
      ),
    },
  },
};

beforeAll(async () => {
  local = await startLocalCloud({ auth: true, say: () => undefined });
  const made = await new Stacks(clientConfig(local.endpoint, account)).create('keeper', { resources: world });
  expect(made.status, made.failures.join('\n')).toBe('CREATE_COMPLETE');
  fleet = new Fleet(local.endpoint, account);
});
afterAll(() => local?.stop());

const userData = (...lines: string[]) =>
  Buffer.from(
    [
      '#!/bin/bash',
      'M=http://169.254.169.254',
      'T=$(curl -sf -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" $M/latest/api/token)',
      'get() { curl -sf -H "X-aws-ec2-metadata-token: $T" "$M/latest/$1"; }',
      'status() { curl -s -o /dev/null -w "%{http_code}" "$@"; }',
      ...lines,
      'echo; echo end',
      '',
    ].join('\n'),
  ).toString('base64');

/** What the instance printed, line by line, as `name value`. */
function said(console: string): Map<string, string> {
  return new Map(
    console
      .split('\n')
      .map((line) => line.split(/ (.*)/s, 2))
      .map(([name = '', value = '']) => [name, value] as const),
  );
}

describe('the metadata service', () => {
  test('knows the instance that asks, with a token and not without', async () => {
    const start = () =>
      fleet.run({
        IamInstanceProfile: { Name: role },
        MetadataOptions: { HttpTokens: 'required', InstanceMetadataTags: 'enabled' },
        TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'colour', Value: 'green' }] }],
        UserData: userData(
          'echo "id $(get meta-data/instance-id)"',
          'echo "address $(get meta-data/local-ipv4)"',
          'echo "zone $(get meta-data/placement/availability-zone)"',
          'echo "tag $(get meta-data/tags/instance/colour)"',
          'echo "role $(get meta-data/iam/security-credentials/)"',
          'echo "top $(get "" | xargs)"',
          'echo "document $(get dynamic/instance-identity/document | jq -c "[.accountId, .region, .instanceId]")"',
          'echo "without $(status $M/latest/meta-data/instance-id)"',
          'echo "wrong $(status -H "X-aws-ec2-metadata-token: no" $M/latest/meta-data/instance-id)"',
          'echo "forwarded $(status -X PUT -H "X-Forwarded-For: 1.2.3.4" -H "X-aws-ec2-metadata-token-ttl-seconds: 60" $M/latest/api/token)"',
          'echo "passed-on $(status -H "X-Forwarded-For: 1.2.3.4" -H "X-aws-ec2-metadata-token: $T" $M/latest/meta-data/instance-id)"',
          'echo "head $(status --head -H "X-aws-ec2-metadata-token: $T" $M/latest/meta-data/instance-id)"',
          'echo "short $(status -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 0" $M/latest/api/token)"',
          'echo "long $(status -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 21601" $M/latest/api/token)"',
          'echo "lifeless $(status -X PUT $M/latest/api/token)"',
          'echo "absent $(status -H "X-aws-ec2-metadata-token: $T" $M/latest/meta-data/nothing)"',
          'echo "user $(su admin -s /bin/sh -c "curl -s -o /dev/null -w %{http_code} $M/latest/meta-data/")"',
        ),
      });
    const instances = await Promise.all([start(), start()]);
    for (const { InstanceId, PrivateIpAddress, Placement } of instances) {
      expect(Object.fromEntries(said(await fleet.consoleWith(InstanceId, 'end')))).toMatchObject({
        id: InstanceId,
        address: PrivateIpAddress,
        zone: Placement?.AvailabilityZone,
        tag: 'green',
        role,
        top: 'meta-data/ dynamic/ user-data',
        document: JSON.stringify([account, 'eu-west-1', InstanceId]),
        without: '401',
        wrong: '401',
        forwarded: '403',
        'passed-on': '200',
        head: '200',
        short: '400',
        long: '400',
        lifeless: '400',
        absent: '404',
        user: '401',
      });
    }
  });

  test("has credentials of the instance's role, which may do what its policies and those of buckets say", async () => {
    const { InstanceId } = await fleet.run({
      IamInstanceProfile: { Name: role },
      UserData: userData(`echo "credentials $(get meta-data/iam/security-credentials/${role} | jq -c .)"`),
    });
    const found = JSON.parse(said(await fleet.consoleWith(InstanceId, 'end')).get('credentials') ?? '{}');
    expect(found).toMatchObject({ Code: 'Success', Type: 'AWS-HMAC' });
    const config = {
      ...clientConfig(local.endpoint, account),
      credentials: {
        accessKeyId: found.AccessKeyId,
        secretAccessKey: found.SecretAccessKey,
        sessionToken: found.Token,
      },
    };
    const secrets = new SecretsManagerClient(config);
    const s3 = new S3Client({ ...config, forcePathStyle: true });
    expect((await new STSClient(config).send(new GetCallerIdentityCommand({}))).Arn).toBe(
      `arn:aws:sts::${account}:assumed-role/${role}/${InstanceId}`,
    );
    expect((await secrets.send(new GetSecretValueCommand({ SecretId: 'own' }))).SecretString).toBe('open sesame');
    await expect(secrets.send(new GetSecretValueCommand({ SecretId: 'other' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'note', Body: 'kept' }));
    const note = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'note' }));
    expect(await note.Body?.transformToString()).toBe('kept');
  });

  test('answers nothing when it is switched off, and version 1 only where that is allowed', async () => {
    const ask = userData('echo "first $(status $M/latest/meta-data/instance-id)"');
    const old = await fleet.run({ MetadataOptions: { HttpTokens: 'optional' }, UserData: ask });
    expect(said(await fleet.consoleWith(old.InstanceId, 'end')).get('first')).toBe('200');
    const off = await fleet.run({ MetadataOptions: { HttpEndpoint: 'disabled' }, UserData: ask });
    expect(said(await fleet.consoleWith(off.InstanceId, 'end')).get('first')).toBe('403');
    const on = new ModifyInstanceMetadataOptionsCommand({ InstanceId: off.InstanceId, HttpEndpoint: 'enabled' });
    expect((await fleet.ec2.send(on)).InstanceMetadataOptions?.HttpEndpoint).toBe('enabled');
  });
});
