import { CreateTagsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { GetParametersByPathCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';

const account = '640000000071';
const config = clientConfig(inject('localCloud').endpoint, account);
const s3 = new S3Client({ ...config, forcePathStyle: true });
const iam = new IAMClient(config);
const stacks = new Stacks(config);

const policy = (principal: string, more: object = {}) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole', ...more }],
});
const root = `arn:aws:iam::${account}:root`;
const nobody = `arn:aws:iam::${account}:role/nobody`;

describe('conditional writes', () => {
  const Bucket = 'refusals-conflicts';
  const put = (Key: string, Body: string, condition: object = {}) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body, ...condition }));

  test('meet as many conflicts as a test asks for', async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const { ETag: IfMatch } = await put('held', 'one', { IfNoneMatch: '*' });
    await put('.local-cloud/conflicts', '2');
    await put('free', 'unconditional writes do not meet them');
    const conflict = { name: 'ConditionalRequestConflict', $metadata: { httpStatusCode: 409 } };
    await expect(put('new', 'one', { IfNoneMatch: '*' })).rejects.toMatchObject(conflict);
    const remove = () => s3.send(new DeleteObjectCommand({ Bucket, Key: 'held', IfMatch }));
    await expect(remove()).rejects.toMatchObject(conflict);
    await put('new', 'one', { IfNoneMatch: '*' });
    await remove();
  });
});

describe('a policy may only name principals that exist', () => {
  const trust = (principal: string) =>
    iam.send(
      new CreateRoleCommand({ RoleName: 'trusting', AssumeRolePolicyDocument: JSON.stringify(policy(principal)) }),
    );

  test('the trust policy of a role', async () => {
    await expect(trust(nobody)).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
      message: `Invalid principal in policy: "AWS":"${nobody}"`,
    });
    await trust(root);
    const role = (principal: unknown) => ({
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: { RoleName: 'stacked', AssumeRolePolicyDocument: policy(principal as string) },
      },
    });
    const refused = await stacks.create('trust', { resources: role(nobody) });
    expect(refused.failures.join()).toContain(`Invalid principal in policy: "AWS":"${nobody}"`);
    const trusted = await stacks.create('trust-existing', { resources: role(`arn:aws:iam::${account}:role/trusting`) });
    expect(trusted.status).toBe('CREATE_COMPLETE');
  });

  test('the policy of a bucket', async () => {
    const Bucket = 'refusals-policy';
    await s3.send(new CreateBucketCommand({ Bucket }));
    const document = policy(nobody, { Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` });
    const put = new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(document) });
    await expect(s3.send(put)).rejects.toMatchObject({ name: 'MalformedPolicy' });
    const resources = { Policy: { Type: 'AWS::S3::BucketPolicy', Properties: { Bucket, PolicyDocument: document } } };
    expect((await stacks.create('bucket-policy', { resources })).failures.join()).toContain('MalformedPolicy');
  });

  test('and that of a key must let somebody change it', async () => {
    const document = policy(root, { Action: 'kms:Decrypt', Resource: '*' });
    const create = new CreateKeyCommand({ Policy: JSON.stringify(document) });
    await expect(new KMSClient(config).send(create)).rejects.toThrow('will not allow you to update the key policy');
  });

  test('the policy of a key', async () => {
    const document = policy(nobody, { Action: 'kms:*', Resource: '*' });
    const create = new CreateKeyCommand({ Policy: JSON.stringify(document) });
    await expect(new KMSClient(config).send(create)).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
    });
    const resources = { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: document } } };
    expect((await stacks.create('key-policy', { resources })).failures.join()).toContain('invalid principals');
  });
});

describe('roles', () => {
  const create = (RoleName: string, more: object = {}) =>
    iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(policy(root)), ...more }));
  const inline = (characters: number) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${'x'.repeat(characters)}` }],
  });

  test('have names, sessions and policies within limits', async () => {
    await expect(create('x'.repeat(65))).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(create('short', { MaxSessionDuration: 600 })).rejects.toMatchObject({ name: 'ValidationError' });
    await create('limited');
    const put = (PolicyName: string, characters: number) =>
      iam.send(
        new PutRolePolicyCommand({
          RoleName: 'limited',
          PolicyName,
          PolicyDocument: JSON.stringify(inline(characters), null, 40),
        }),
      );
    await put('one', 5_000);
    await put('two', 5_000);
    await expect(put('three', 100)).rejects.toMatchObject({ name: 'LimitExceededException' });
  });

  test('in a stack, too', async () => {
    const role = (Properties: object) => ({
      Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: policy(root), ...Properties } },
    });
    const Policies = [{ PolicyName: 'own', PolicyDocument: inline(10_240) }];
    const refused = await stacks.create('too-much', { resources: role({ Policies }) });
    expect(refused.failures.join()).toContain('Maximum policy size of 10240 bytes exceeded');
    const trusting = { AssumeRolePolicyDocument: policy(root, { Sid: 'x'.repeat(2_048) }) };
    const wordy = await stacks.create('too-wordy', { resources: role(trusting) });
    expect(wordy.failures.join()).toContain('Cannot exceed quota for ACLSizePerRole: 2048');
  });

  test('are assumed no longer than they allow', async () => {
    await create('hourly');
    const assume = (DurationSeconds: number, RoleSessionName = 'test') =>
      new STSClient(config).send(
        new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/hourly`, RoleSessionName, DurationSeconds }),
      );
    await assume(3_600);
    await expect(assume(3_601)).rejects.toThrow('exceeds the MaxSessionDuration set for this role');
    await expect(assume(600)).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(assume(900, 'two words')).rejects.toMatchObject({ name: 'ValidationError' });
  });
});

test('parameters', async () => {
  const ssm = new SSMClient(config);
  const put = (Value: string) => ssm.send(new PutParameterCommand({ Name: '/refusals/one', Type: 'String', Value }));
  const list = (Path: string, MaxResults: number) => ssm.send(new GetParametersByPathCommand({ Path, MaxResults }));
  for (const value of ['', 'x'.repeat(4097), '{{other}}']) {
    await expect(put(value)).rejects.toMatchObject({ name: 'ValidationException' });
  }
  await put('x'.repeat(4096));
  await expect(list('/refusals', 11)).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(list('refusals', 10)).rejects.toMatchObject({ name: 'ValidationException' });
  expect((await list('/refusals', 10)).Parameters).toHaveLength(1);
});

test('secrets', async () => {
  const secrets = new SecretsManagerClient(config);
  const create = () => secrets.send(new CreateSecretCommand({ Name: 'refusals', SecretString: 'one' }));
  await create();
  const ClientRequestToken = 'a'.repeat(32);
  const put = (SecretString: string) =>
    secrets.send(new PutSecretValueCommand({ SecretId: 'refusals', SecretString, ClientRequestToken }));
  expect(await put('two')).toMatchObject({ VersionId: ClientRequestToken });
  expect(await put('two')).toMatchObject({ VersionId: ClientRequestToken, VersionStages: ['AWSCURRENT'] });
  await expect(put('three')).rejects.toMatchObject({ name: 'ResourceExistsException' });
  await secrets.send(new CreateSecretCommand({ Name: 'empty' }));
  const value = secrets.send(new GetSecretValueCommand({ SecretId: 'empty' }));
  await expect(value).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await secrets.send(new DeleteSecretCommand({ SecretId: 'refusals' }));
  await expect(create()).rejects.toMatchObject({ name: 'InvalidRequestException' });
});

test('tags of EC2', async () => {
  const ec2 = new EC2Client(config);
  const tag = (resource: string, ...keys: string[]) =>
    ec2.send(new CreateTagsCommand({ Resources: [resource], Tags: keys.map((Key) => ({ Key, Value: 'x' })) }));
  const many = (from: number, count: number) => Array.from({ length: count }, (_, index) => `key-${from + index}`);
  await expect(tag('i-00000000000000000', 'a')).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
  await expect(tag('subnet-00000001', 'aws:a')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  await tag('subnet-00000001', ...many(0, 50));
  await expect(tag('subnet-00000001', 'one-more')).rejects.toMatchObject({ name: 'TagLimitExceeded' });
  await tag('subnet-00000001', 'key-0');
});
