import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CreateSecurityGroupCommand, DescribeImagesCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParametersByPathCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';
import { type LocalCloud, startLocalCloud } from '../start.ts';

const account = '640000000041';
const bucket = 'authorization-bucket';
let cloud: LocalCloud;
let root: ReturnType<typeof clientConfig>;
let stacks: Stacks;

const trust = (service: string | undefined) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: service ? { Service: service } : { AWS: { 'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:root' } },
      Action: 'sts:AssumeRole',
    },
  ],
});

interface Statement {
  Action: string | string[];
  Resource: unknown;
  Condition?: object;
}

const role = (name: string, statements: Statement[], service?: string) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: name,
    AssumeRolePolicyDocument: trust(service),
    Policies: [
      {
        PolicyName: 'own',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
        },
      },
    ],
  },
});

beforeAll(async () => {
  cloud = await startLocalCloud({ auth: true, say: () => undefined });
  root = clientConfig(cloud.endpoint, account);
  stacks = new Stacks(root);
  const key = { 'Fn::GetAtt': ['Key', 'Arn'] };
  const ec2 = (resource: string) => `arn:aws:ec2:eu-west-1:*:${resource}`;
  const resources = {
    Key: {
      Type: 'AWS::KMS::Key',
      Properties: {
        KeyPolicy: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { AWS: { 'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:root' } },
              Action: 'kms:*',
              Resource: '*',
            },
          ],
        },
      },
    },
    Bucket: {
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: bucket,
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key } },
          ],
        },
      },
    },
    TlsOnly: {
      Type: 'AWS::S3::BucketPolicy',
      Properties: {
        Bucket: { Ref: 'Bucket' },
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:*',
              Resource: `arn:aws:s3:::${bucket}/*`,
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
            {
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:*',
              Resource: `arn:aws:s3:::${bucket}/*`,
              Condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } },
            },
          ],
        },
      },
    },
    Writer: role('writer', [
      { Action: ['s3:PutObject', 's3:GetObject'], Resource: `arn:aws:s3:::${bucket}/software/shop/*` },
      { Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: key },
      { Action: 'ssm:GetParametersByPath', Resource: 'arn:aws:ssm:eu-west-1:*:parameter/vendhost/dev/*' },
    ]),
    Keyless: role('keyless', [{ Action: 's3:PutObject', Resource: `arn:aws:s3:::${bucket}/*` }]),
    Builder: role('builder', [
      { Action: 'ec2:Describe*', Resource: '*' },
      {
        Action: 'ec2:RunInstances',
        Resource: [ec2('instance/*'), ec2('volume/*')],
        Condition: { StringEquals: { 'aws:RequestTag/vendhost:tenant': 'shop' } },
      },
      { Action: 'ec2:RunInstances', Resource: ['arn:aws:ec2:*::image/*', ec2('network-interface/*')] },
      {
        Action: 'ec2:CreateTags',
        Resource: ec2('*'),
        Condition: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
      },
    ]),
    Deploy: role('deploy', [
      { Action: 'cloudformation:*', Resource: 'arn:aws:cloudformation:eu-west-1:*:stack/shop-*/*' },
      {
        Action: 'iam:PassRole',
        Resource: `arn:aws:iam::${account}:role/execution`,
        Condition: { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
      },
    ]),
    Execution: role(
      'execution',
      [
        { Action: 'sns:CreateTopic', Resource: `arn:aws:sns:eu-west-1:${account}:shop-*` },
        { Action: 'sns:DeleteTopic', Resource: `arn:aws:sns:eu-west-1:${account}:shop-*` },
      ],
      'cloudformation.amazonaws.com',
    ),
  };
  expect(await stacks.create('roles', { resources })).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
});

afterAll(() => cloud.stop());

async function as(name: string) {
  const sts = new STSClient(root);
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/${name}`, RoleSessionName: 'test' }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  return {
    ...root,
    maxAttempts: 1,
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  };
}

describe('objects', () => {
  const put = async (name: string, Key: string) =>
    new S3Client({ ...(await as(name)), forcePathStyle: true }).send(
      new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }),
    );

  test('a role writes and reads where its policy says, over the plain loopback endpoint', async () => {
    await put('writer', 'software/shop/a.zip');
    const s3 = new S3Client({ ...(await as('writer')), forcePathStyle: true });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'software/shop/a.zip' }));
    expect(await Body?.transformToString()).toBe('x');
  });

  test('and nowhere else', async () => {
    await expect(put('writer', 'software/other/a.zip')).rejects.toThrow(
      `is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::${bucket}/software/other/a.zip`,
    );
  });

  test('a bucket with a key needs rights on the key', async () => {
    await expect(put('keyless', 'a.zip')).rejects.toThrow(/perform: kms:GenerateDataKey on resource: arn:aws:kms:/);
  });
});

test('parameters are read by path', async () => {
  await new SSMClient(root).send(new PutParameterCommand({ Name: '/vendhost/dev/vpc-id', Type: 'String', Value: 'v' }));
  const ssm = new SSMClient(await as('writer'));
  const read = await ssm.send(new GetParametersByPathCommand({ Path: '/vendhost/dev/', Recursive: true }));
  expect(read.Parameters).toMatchObject([{ Name: '/vendhost/dev/vpc-id' }]);
  await expect(ssm.send(new GetParametersByPathCommand({ Path: '/vendhost/production/' }))).rejects.toThrow(
    'ssm:GetParametersByPath on resource: arn:aws:ssm:eu-west-1:640000000041:parameter/vendhost/production/',
  );
});

describe('instances', () => {
  const launch = async (tags: Record<string, string>) => {
    const ec2 = new EC2Client(await as('builder'));
    const { Images } = await ec2.send(new DescribeImagesCommand({ Owners: ['136693071363'] }));
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const specification = (ResourceType: 'instance' | 'volume') => ({ ResourceType, Tags });
    return ec2.send(
      new RunInstancesCommand({
        ImageId: Images?.[0]?.ImageId,
        InstanceType: 't3.small',
        MinCount: 1,
        MaxCount: 1,
        DryRun: true,
        ...(Tags.length > 0 ? { TagSpecifications: [specification('instance'), specification('volume')] } : {}),
      }),
    );
  };

  test("may be launched with the tenant's tag only", async () => {
    await expect(launch({})).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
      message: expect.stringContaining('ec2:RunInstances on resource: arn:aws:ec2:eu-west-1:640000000041:instance/*'),
    });
    await expect(launch({ 'vendhost:tenant': 'other' })).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
    await expect(launch({ 'vendhost:tenant': 'shop' })).rejects.toMatchObject({ name: 'DryRunOperation' });
  });

  test('what is not granted is refused', async () => {
    const ec2 = new EC2Client(await as('builder'));
    await expect(
      ec2.send(new CreateSecurityGroupCommand({ GroupName: 'x', Description: 'x', VpcId: 'vpc-1' })),
    ).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
  });
});

describe('a stack with a role', () => {
  const topic = (name: string) => ({ Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: name } } });
  const execution = `arn:aws:iam::${account}:role/execution`;

  test('does what its role may do, and shows the role', async () => {
    const deploy = new Stacks(await as('deploy'));
    const created = await deploy.create('shop-host', { resources: topic('shop-approval'), role: execution });
    expect(created).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
    const { Stacks: shown } = await stacks.client.send(new DescribeStacksCommand({ StackName: 'shop-host' }));
    expect(shown?.[0]?.RoleARN).toBe(execution);
    expect((await deploy.delete('shop-host')).status).toBe('DELETE_COMPLETE');
  });

  test('rolls back over what its role may not do', async () => {
    const deploy = new Stacks(await as('deploy'));
    const refused = await deploy.create('shop-other', { resources: topic('other-approval'), role: execution });
    expect(refused.status).toBe('ROLLBACK_COMPLETE');
    expect(refused.failures.join()).toContain(
      `assumed-role/execution/cloudformation is not authorized to perform: sns:CreateTopic on resource: arn:aws:sns:eu-west-1:${account}:other-approval`,
    );
  });

  test('cannot be given a role the caller may not pass', async () => {
    const deploy = new Stacks(await as('deploy'));
    const admin = `arn:aws:iam::${account}:role/writer`;
    await expect(deploy.create('shop-admin', { resources: topic('shop-a'), role: admin })).rejects.toThrow(
      `iam:PassRole on resource: ${admin}`,
    );
  });
});
