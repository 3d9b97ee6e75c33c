import { CreateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { CodePipelineClient, StartPipelineExecutionCommand } from '@aws-sdk/client-codepipeline';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { diagnostics } from '../../builders/deployment-outcome.ts';
import { Deployments } from '../../builders/deployments.ts';
import { zipped } from '../../builders/revision.ts';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';
import { type LocalCloud, startLocalCloud } from '../start.ts';
import { Fleet } from './fleet.ts';
import { action, Pipelines, source } from './pipelines.ts';

/** With IAM enforced, CodePipeline, CodeDeploy and its agent may do what their roles may, and no more. */

const account = '660000000004';
const bucket = 'ferry-660000000004';
const keyArn = { 'Fn::GetAtt': ['Key', 'Arn'] };
let local: LocalCloud;
let cloud: Deployments;
let pipelines: Pipelines;

interface Statement {
  Action: string | string[];
  Resource: unknown;
}

function role(name: string, principal: object, statements: Statement[]) {
  const Statement = statements.map((statement) => ({ Effect: 'Allow', ...statement }));
  const trust = [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }];
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: name,
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: trust },
      Policies: [{ PolicyName: 'own', PolicyDocument: { Version: '2012-10-17', Statement } }],
    },
  };
}

function pipeline(name: string, roleName = name) {
  const stage = (Name: string, Category: string, Provider: string, more: object) => ({
    Name,
    Actions: [{ Name, ActionTypeId: { Category, Owner: 'AWS', Provider, Version: '1' }, ...more }],
  });
  const artifacts = [{ Name: 'Revision' }];
  return {
    Type: 'AWS::CodePipeline::Pipeline',
    DependsOn: ['Full', 'Sourceless', 'Deployless', 'Bucket'],
    Properties: {
      Name: name,
      PipelineType: 'V2',
      RoleArn: `arn:aws:iam::${account}:role/${roleName}`,
      ArtifactStore: { Type: 'S3', Location: bucket, EncryptionKey: { Type: 'KMS', Id: keyArn } },
      Stages: [
        stage('Software', 'Source', 'S3', {
          OutputArtifacts: artifacts,
          Configuration: {
            S3Bucket: bucket,
            S3ObjectKey: 'none.zip',
            PollForSourceChanges: false,
            AllowOverrideForS3ObjectKey: true,
          },
        }),
        stage('Deploy', 'Deploy', 'CodeDeploy', {
          InputArtifacts: artifacts,
          Configuration: { ApplicationName: { Ref: 'Application' }, DeploymentGroupName: { Ref: 'Group' } },
        }),
      ],
    },
  };
}

const objects = (actions: string[]) => ({ Action: actions, Resource: `arn:aws:s3:::${bucket}/*` });
const read = objects(['s3:GetObject', 's3:GetObjectVersion']);
const write = objects(['s3:PutObject']);
const versioning = { Action: 's3:GetBucketVersioning', Resource: `arn:aws:s3:::${bucket}` };
const key = { Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: keyArn };
const deploy = { Action: 'codedeploy:*', Resource: `arn:aws:codedeploy:eu-west-1:${account}:*` };
const service = (name: string) => ({ Service: `${name}.amazonaws.com` });
const starter = { Action: 'codepipeline:StartPipelineExecution', Resource: `arn:aws:codepipeline:*:${account}:full` };

function resources() {
  return {
    Key: {
      Type: 'AWS::KMS::Key',
      Properties: {
        KeyPolicy: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { AWS: `arn:aws:iam::${account}:root` },
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
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyArn } },
          ],
        },
      },
    },
    Full: role('full', service('codepipeline'), [read, write, versioning, key, deploy]),
    Sourceless: role('sourceless', service('codepipeline'), [write, versioning, key, deploy]),
    Deployless: role('deployless', service('codepipeline'), [read, write, versioning, key]),
    CodeDeploy: role('ferry', service('codedeploy'), [{ Action: 'ec2:DescribeInstances', Resource: '*' }]),
    Instance: role('instance', service('ec2'), [read, key]),
    Keyless: role('keyless', service('ec2'), [read]),
    Starter: role('starter', { AWS: `arn:aws:iam::${account}:root` }, [starter]),
    InstanceProfile: {
      Type: 'AWS::IAM::InstanceProfile',
      Properties: { InstanceProfileName: 'instance', Roles: [{ Ref: 'Instance' }] },
    },
    KeylessProfile: {
      Type: 'AWS::IAM::InstanceProfile',
      Properties: { InstanceProfileName: 'keyless', Roles: [{ Ref: 'Keyless' }] },
    },
    Application: { Type: 'AWS::CodeDeploy::Application', Properties: { ApplicationName: 'ferry' } },
    Group: {
      Type: 'AWS::CodeDeploy::DeploymentGroup',
      Properties: {
        ApplicationName: { Ref: 'Application' },
        DeploymentGroupName: 'good',
        ServiceRoleArn: { 'Fn::GetAtt': ['CodeDeploy', 'Arn'] },
        Ec2TagFilters: [{ Key: 'group', Value: 'good', Type: 'KEY_AND_VALUE' }],
      },
    },
    FullPipeline: pipeline('full'),
    SourcelessPipeline: pipeline('sourceless'),
    DeploylessPipeline: pipeline('deployless'),
  };
}

beforeAll(async () => {
  local = await startLocalCloud({ auth: true, say: () => undefined });
  cloud = new Deployments(local.endpoint, account, 'ferry');
  pipelines = new Pipelines(local.endpoint, account, bucket);
  const stacks = new Stacks(clientConfig(local.endpoint, account));
  const made = await stacks.create('ferry', { resources: resources() });
  expect(made).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
  await cloud.launch('good', { profile: 'instance' });
});

afterAll(() => local.stop());

async function release(name: string) {
  const files = { 'appspec.yml': 'version: 0.0\nos: linux\n' };
  await cloud.upload('revision.zip', zipped(files));
  const id = await pipelines.start(name, 'revision.zip');
  const { status } = await pipelines.ended(name, id);
  const [last] = await pipelines.actions(name, id);
  return { status, action: last?.actionName, error: last?.output?.executionResult?.errorDetails?.message };
}

test('with all they need, a release succeeds', async () => {
  expect(await release('full')).toEqual({ status: 'Succeeded', action: 'Deploy', error: undefined });
});

test('a pipeline whose role cannot read the source fails there', async () => {
  const failed = await release('sourceless');
  expect(failed).toMatchObject({ status: 'Failed', action: 'Software' });
  expect(failed.error).toMatch(/role\/sourceless\/codepipeline is not authorized to perform: s3:GetObject on resource/);
});

test('a pipeline whose role cannot deploy fails there', async () => {
  const failed = await release('deployless');
  expect(failed).toMatchObject({ status: 'Failed', action: 'Deploy' });
  expect(failed.error).toMatch(/not authorized to perform: codedeploy:\w+ on resource: arn:aws:codedeploy:/);
});

test('a role that does not trust the service is refused', async () => {
  await expect(cloud.group('other', { serviceRoleArn: `arn:aws:iam::${account}:role/full` })).rejects.toMatchObject({
    name: 'InvalidRoleException',
  });
  const stages = [[source(bucket, 'none.zip')], [action('Approve', 'Manual', {})]];
  const roleArn = `arn:aws:iam::${account}:role/ferry`;
  await expect(pipelines.create('other', stages, { roleArn })).rejects.toMatchObject({
    name: 'InvalidStructureException',
    message: `CodePipeline is not authorized to perform AssumeRole on role ${roleArn}`,
  });
});

test('a role that may not put hooks into the Auto Scaling group is refused', async () => {
  const fleet = new Fleet(local.endpoint, account);
  const LaunchTemplateId = await fleet.launchTemplate('ferry', { ImageId: await fleet.baseImage() });
  const AutoScalingGroupName = 'ferry';
  const LaunchTemplate = { LaunchTemplateId, Version: '1' };
  const sizes = { MinSize: 0, MaxSize: 1, VPCZoneIdentifier: fleet.subnet };
  await fleet.scaling.send(new CreateAutoScalingGroupCommand({ AutoScalingGroupName, LaunchTemplate, ...sizes }));
  const group = cloud.group('scaling', { ec2TagFilters: [], autoScalingGroups: [AutoScalingGroupName] });
  await expect(group).rejects.toMatchObject({
    name: 'InvalidRoleException',
    message: expect.stringContaining('autoscaling:PutLifecycleHook'),
  });
});

test('the agent fetches the revision as the role of its instance', async () => {
  await cloud.launch('bare');
  await cloud.launch('keyless', { profile: 'keyless' });
  const message = async (group: string) => {
    await cloud.group(group);
    return diagnostics(await cloud.deploy(group, { 'appspec.yml': '' }), 'DownloadBundle')?.message;
  };
  expect(await message('bare')).toMatch(/^missing credentials/);
  expect(await message('keyless')).toMatch(/not authorized to perform: kms:Decrypt on resource: arn:aws:kms:/);
});

test('who may start one pipeline may not start another', async () => {
  const sts = new STSClient(clientConfig(local.endpoint, account));
  const RoleArn = `arn:aws:iam::${account}:role/starter`;
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'job' }));
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  const client = new CodePipelineClient({
    ...clientConfig(local.endpoint, account),
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  });
  const { pipelineExecutionId } = await client.send(new StartPipelineExecutionCommand({ name: 'full' }));
  const execution = await pipelines.ended('full', pipelineExecutionId ?? '');
  expect(execution.trigger?.triggerDetail).toBe(`arn:aws:sts::${account}:assumed-role/starter/job`);
  await expect(client.send(new StartPipelineExecutionCommand({ name: 'deployless' }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining(
      `codepipeline:StartPipelineExecution on resource: arn:aws:codepipeline:eu-west-1:${account}:deployless`,
    ),
  });
});
