import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import { CodeDeployClient, CreateApplicationCommand, CreateDeploymentGroupCommand } from '@aws-sdk/client-codedeploy';
import { CodePipelineClient, CreatePipelineCommand, type PipelineDeclaration } from '@aws-sdk/client-codepipeline';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';
import { type LocalCloud, startLocalCloud } from '../start.ts';
import { Fleet } from './fleet.ts';

/** What a request asks of its caller besides the permission of its own name. */
const account = '640000000072';
const Bucket = 'request-rights';
let cloud: LocalCloud;
let root: ReturnType<typeof clientConfig>;

interface Statement {
  Action: string | string[];
  Resource: unknown;
  Condition?: object;
}

const role = (RoleName: string, principal: object, ...statements: Statement[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName,
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
    },
    Policies: [
      {
        PolicyName: 'own',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: statements.map((one) => ({ Effect: 'Allow', ...one })),
        },
      },
    ],
  },
});

beforeAll(async () => {
  cloud = await startLocalCloud({ auth: true, say: () => undefined });
  root = clientConfig(cloud.endpoint, account);
  const people = { AWS: `arn:aws:iam::${account}:root` };
  const objects = `arn:aws:s3:::${Bucket}/*`;
  const list = (operator: string): Statement => ({
    Action: 's3:ListBucket',
    Resource: `arn:aws:s3:::${Bucket}`,
    Condition: { [operator]: { 's3:prefix': 'own/*' } },
  });
  const resources = {
    Lister: role('lister', people, { Action: 's3:GetObject', Resource: objects }, list('StringLikeIfExists')),
    Prefix: role('prefix', people, { Action: 's3:GetObject', Resource: objects }, list('StringLike')),
    Writer: role('writer', people, { Action: ['s3:PutObject', 's3:DeleteObject'], Resource: objects }),
    Deployer: role('deployer', people, { Action: ['codedeploy:*', 'codepipeline:*'], Resource: '*' }),
    Scaler: role('scaler', people, { Action: 'autoscaling:*', Resource: '*' }),
    Launcher: role('launcher', people, { Action: ['autoscaling:*', 'ec2:RunInstances'], Resource: '*' }),
    Instance: role('instance', { Service: 'ec2.amazonaws.com' }, { Action: 's3:GetObject', Resource: '*' }),
    Profile: {
      Type: 'AWS::IAM::InstanceProfile',
      Properties: { InstanceProfileName: 'instance', Roles: [{ Ref: 'Instance' }] },
    },
    CodeDeploy: role(
      'service',
      { Service: ['codedeploy.amazonaws.com', 'codepipeline.amazonaws.com'] },
      {
        Action: 's3:GetObject',
        Resource: '*',
      },
    ),
  };
  expect(await new Stacks(root).create('roles', { resources })).toMatchObject({ status: 'CREATE_COMPLETE' });
  await objectsAs(root).send(new CreateBucketCommand({ Bucket }));
});

afterAll(() => cloud.stop());

const objectsAs = (config: ReturnType<typeof clientConfig>) => new S3Client({ ...config, forcePathStyle: true });

async function as(name: string) {
  const { Credentials } = await new STSClient(root).send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/${name}`, RoleSessionName: 'test' }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  return {
    ...root,
    maxAttempts: 1,
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  };
}

test('who may not list the bucket gets 403 for a key that is absent, and for one that was deleted', async () => {
  const s3 = objectsAs(root);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'deleted', Body: 'x' }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'deleted' }));
  const lister = objectsAs(await as('lister'));
  const prefix = objectsAs(await as('prefix'));
  for (const Key of ['own/absent', 'deleted']) {
    const get = new GetObjectCommand({ Bucket, Key });
    await expect(lister.send(get)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(prefix.send(get)).rejects.toThrow(`s3:ListBucket on resource: arn:aws:s3:::${Bucket}`);
    await expect(prefix.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
  }
});

test('a write on a condition of the ETag reads the object; tags need a right of their own', async () => {
  const { ETag: IfMatch } = await objectsAs(root).send(new PutObjectCommand({ Bucket, Key: 'held', Body: 'x' }));
  const writer = objectsAs(await as('writer'));
  const put = (more: object) => writer.send(new PutObjectCommand({ Bucket, Key: 'held', Body: 'y', ...more }));
  await expect(put({ IfMatch })).rejects.toThrow('s3:GetObject on resource');
  await expect(put({ Tagging: 'a=b' })).rejects.toThrow('s3:PutObjectTagging on resource');
  await expect(writer.send(new DeleteObjectCommand({ Bucket, Key: 'held', IfMatch }))).rejects.toThrow('s3:GetObject');
  await put({});
});

test('a role is passed to CodeDeploy and CodePipeline only by those who may pass it', async () => {
  const service = `arn:aws:iam::${account}:role/service`;
  const deploy = new CodeDeployClient(await as('deployer'));
  await deploy.send(new CreateApplicationCommand({ applicationName: 'shop' }));
  const group = new CreateDeploymentGroupCommand({
    applicationName: 'shop',
    deploymentGroupName: 'shop',
    serviceRoleArn: service,
  });
  await expect(deploy.send(group)).rejects.toThrow(`iam:PassRole on resource: ${service}`);
  await new CodeDeployClient(root).send(group);
  const pipeline: PipelineDeclaration = { name: 'shop', roleArn: service, stages: [] };
  const create = new CodePipelineClient(await as('deployer')).send(new CreatePipelineCommand({ pipeline }));
  await expect(create).rejects.toThrow(`iam:PassRole on resource: ${service}`);
});

test('who makes a group of a launch template, or rolls one out, needs the rights to launch it', async () => {
  const fleet = new Fleet(cloud.endpoint, account);
  const LaunchTemplateId = await fleet.launchTemplate('rights', {
    ImageId: await fleet.baseImage(),
    InstanceType: 't3.micro',
    IamInstanceProfile: { Name: 'instance' },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'own', Value: 'x' }] }],
  });
  const LaunchTemplate = { LaunchTemplateId, Version: '1' };
  const AutoScalingGroupName = 'rights';
  const group = { AutoScalingGroupName, LaunchTemplate, MinSize: 0, MaxSize: 1, VPCZoneIdentifier: fleet.subnet };
  await fleet.scaling.send(new CreateAutoScalingGroupCommand(group));
  for (const [name, missing] of [
    ['scaler', 'ec2:RunInstances'],
    ['launcher', 'ec2:CreateTags'],
  ] as const) {
    const scaling = new AutoScalingClient(await as(name));
    const create = scaling.send(new CreateAutoScalingGroupCommand({ ...group, AutoScalingGroupName: 'other' }));
    await expect(create).rejects.toThrow(`not authorized to perform: ${missing}`);
    const DesiredConfiguration = { LaunchTemplate };
    const roll = scaling.send(new StartInstanceRefreshCommand({ AutoScalingGroupName, DesiredConfiguration }));
    await expect(roll).rejects.toThrow(`not authorized to perform: ${missing}`);
  }
  const plain = await fleet.launchTemplate('plain', {
    ImageId: await fleet.baseImage(),
    InstanceType: 't3.micro',
    IamInstanceProfile: { Name: 'instance' },
  });
  const untagged = { ...group, AutoScalingGroupName: 'other', LaunchTemplate: { LaunchTemplateId: plain } };
  const scaling = new AutoScalingClient(await as('launcher'));
  await expect(scaling.send(new CreateAutoScalingGroupCommand(untagged))).rejects.toThrow(
    `iam:PassRole on resource: arn:aws:iam::${account}:role/instance`,
  );
});
