import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Deployments } from '../../builders/deployments.ts';
import { Stacks } from '../../builders/stacks.ts';
import { callJson, clientConfig } from '../clients.ts';
import { type LocalCloud, startLocalCloud } from '../start.ts';
import { Pipelines, source } from './pipelines.ts';

/** EventBridge with IAM enforced: what it refuses of rules, and which of them start a pipeline. */
const account = '660000000019';
const region = 'eu-west-1';
const bucket = `lighthouse-${account}`;
let local: LocalCloud;
let pipelines: Pipelines;
let cloud: Deployments;
let stacks: Stacks;

const ruleArn = (name: string) => `arn:aws:events:${region}:${account}:rule/${name}`;
const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const pipelineArn = (name: string) => `arn:aws:codepipeline:${region}:${account}:${name}`;

function role(name: string, service: string, action: string, when: object = {}) {
  const statement = { Effect: 'Allow', Principal: { Service: `${service}.amazonaws.com` }, Action: 'sts:AssumeRole' };
  const rights = { Effect: 'Allow', Action: action, Resource: '*' };
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: name,
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [{ ...statement, ...when }] },
      Policies: [{ PolicyName: 'own', PolicyDocument: { Version: '2012-10-17', Statement: [rights] } }],
    },
  };
}

const start = 'codepipeline:StartPipelineExecution';
const forRule = (name: string) => ({ Condition: { StringEquals: { 'aws:SourceArn': ruleArn(name) } } });

const transformer = {
  InputPathsMap: { key: '$.detail.requestParameters.key' },
  InputTemplate: JSON.stringify({
    sourceRevisions: [{ actionName: 'Software', revisionType: 'S3_OBJECT_KEY', revisionValue: '<key>' }],
  }),
};

/** A rule for zips below a folder. */
const pattern = (folder: string, detail: object = {}) => ({
  source: ['aws.s3'],
  'detail-type': ['AWS API Call via CloudTrail'],
  detail: { requestParameters: { bucketName: [bucket], key: [{ wildcard: `${folder}/*.zip` }] }, ...detail },
});
const rule = (name: string, folder: string, target: object) => ({
  Type: 'AWS::Events::Rule',
  Properties: { Name: name, EventPattern: pattern(folder), Targets: [{ Id: 'pipeline', ...target }] },
});

beforeAll(async () => {
  local = await startLocalCloud({ auth: true, say: () => undefined });
  cloud = new Deployments(local.endpoint, account, 'lighthouse');
  pipelines = new Pipelines(local.endpoint, account, bucket);
  stacks = new Stacks(clientConfig(local.endpoint, account));
  const logs = { Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' }, Action: 's3:PutObject' };
  const policy = { Version: '2012-10-17', Statement: [{ ...logs, Resource: `arn:aws:s3:::${bucket}/logs/*` }] };
  const selector = { Type: 'AWS::S3::Object', Values: [`arn:aws:s3:::${bucket}/software/`] };
  const made = await stacks.create('lighthouse', {
    resources: {
      Bucket: {
        Type: 'AWS::S3::Bucket',
        Properties: { BucketName: bucket, VersioningConfiguration: { Status: 'Enabled' } },
      },
      Policy: { Type: 'AWS::S3::BucketPolicy', Properties: { Bucket: { Ref: 'Bucket' }, PolicyDocument: policy } },
      Trail: {
        Type: 'AWS::CloudTrail::Trail',
        DependsOn: 'Policy',
        Properties: {
          TrailName: 'lighthouse',
          IsLogging: true,
          S3BucketName: bucket,
          EventSelectors: [{ ReadWriteType: 'WriteOnly', DataResources: [selector] }],
        },
      },
      Pipeline: role('pipeline', 'codepipeline', '*'),
      Starter: role('starter', 'events', start, forRule('good')),
      Rightless: role('rightless', 'events', 'codepipeline:GetPipeline'),
      Foreign: role('foreign', 'events', start, forRule('another')),
      Lambda: role('lambda', 'lambda', start),
    },
  });
  expect(made).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
  const approval = {
    name: 'Wait',
    actionTypeId: { category: 'Approval' as const, owner: 'AWS' as const, provider: 'Manual', version: '1' },
  };
  for (const name of ['good', 'rightless', 'foreign', 'lambda']) {
    await pipelines.create(name, [[source(bucket, 'none.zip')], [approval]]);
  }
});
afterAll(async () => {
  await local?.stop();
});

async function write(key: string, more: object = {}) {
  return await cloud.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'software', ...more }));
}

/** How often the pipeline was started, besides when it was made. */
async function started(name: string): Promise<number> {
  const target = 'CodePipeline_20150709.ListPipelineExecutions';
  const answer = await callJson(local.endpoint, account, target, { pipelineName: name });
  return (answer.pipelineExecutionSummaries as unknown[]).length - 1;
}

const events = (operation: string, body: object) => callJson(local.endpoint, account, `AWSEvents.${operation}`, body);

describe('a write', () => {
  test('starts the pipeline of a rule that matches, once, with the key that was written', async () => {
    const target = { Arn: pipelineArn('good'), RoleArn: roleArn('starter'), InputTransformer: transformer };
    const made = await stacks.create('good', { resources: { Rule: rule('good', 'software/in', target) } });
    expect(made).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
    const { VersionId } = await write('software/in/a.zip');
    expect(await started('good')).toBe(1);
    const answer = await callJson(local.endpoint, account, 'CodePipeline_20150709.ListPipelineExecutions', {
      pipelineName: 'good',
    });
    const [{ pipelineExecutionId: id }] = answer.pipelineExecutionSummaries as [{ pipelineExecutionId: string }];
    expect((await pipelines.approvalToken('good', 'Wait', id)).length).toBeGreaterThan(0);
    expect(await pipelines.execution('good', id)).toMatchObject({
      trigger: { triggerType: 'CloudWatchEvent', triggerDetail: ruleArn('good') },
      artifactRevisions: [{ revisionId: VersionId }],
    });
  });

  test.each(['software/in/a.txt', 'software/out/a.zip', 'elsewhere/in/a.zip'])('of %s does not', async (key) => {
    await write(key);
    expect(await started('good')).toBe(1);
  });

  test('that was refused matches a pattern that does not ask for an error', async () => {
    await expect(write('software/in/a.zip', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    expect(await started('good')).toBe(2);
    await events('PutRule', {
      Name: 'good',
      EventPattern: JSON.stringify(pattern('software/in', { errorCode: [{ exists: false }] })),
    });
    await expect(write('software/in/a.zip', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    expect(await started('good')).toBe(2);
  });

  test.each(['rightless', 'foreign', 'lambda'])('starts nothing by the role %s', async (name) => {
    const target = { Arn: pipelineArn(name), RoleArn: roleArn(name), InputTransformer: transformer };
    const made = await stacks.create(name, { resources: { Rule: rule(name, `software/${name}`, target) } });
    expect(made).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
    await write(`software/${name}/a.zip`);
    expect(await started(name)).toBe(0);
  });
});

describe('refused', () => {
  const target = (more: object = {}) => ({ Id: 'one', Arn: pipelineArn('good'), RoleArn: roleArn('starter'), ...more });
  const put = (...Targets: object[]) => events('PutTargets', { Rule: 'good', Targets });

  test.each([
    {
      what: 'a pipeline without a role',
      targets: [{ Id: 'one', Arn: pipelineArn('good') }],
      message: `RoleArn is required for target ${pipelineArn('good')}.`,
    },
    {
      what: 'a placeholder that no path fills',
      targets: [target({ InputTransformer: { ...transformer, InputPathsMap: {} } })],
      message: 'InputTemplate for target one contains invalid placeholder key.',
    },
    {
      what: 'a template that is no JSON',
      targets: [target({ InputTransformer: { ...transformer, InputTemplate: '{"sourceRevisions": [<key>}' } })],
      message: expect.stringMatching(/^Invalid InputTemplate for target one : /),
    },
    {
      what: 'a path in brackets',
      targets: [target({ InputTransformer: { ...transformer, InputPathsMap: { key: "$['detail']" } } })],
      message: "Invalid InputPath for target one: $['detail'].",
    },
    {
      what: 'two inputs',
      targets: [target({ Input: '{}', InputTransformer: transformer })],
      message: 'Only one of Input, InputPath, or InputTransformer must be provided for target one.',
    },
    {
      what: 'a sixth target',
      targets: ['a', 'b', 'c', 'd', 'e'].map((Id) => target({ Id })),
      message: 'The requested resource exceeds the maximum number allowed.',
    },
  ])('$what', async ({ targets, message }) => {
    expect(await put(...targets)).toMatchObject({ message });
  });

  test('a pattern that is not valid, in a stack too', async () => {
    const broken = JSON.stringify({ source: 'aws.s3' });
    expect(await events('PutRule', { Name: 'broken', EventPattern: broken })).toMatchObject({
      __type: expect.stringContaining('InvalidEventPatternException'),
    });
    const Properties = { Name: 'broken', EventPattern: { source: 'aws.s3' } };
    const made = await stacks.create('broken', { resources: { Rule: { Type: 'AWS::Events::Rule', Properties } } });
    expect(made.status).toBe('ROLLBACK_COMPLETE');
  });

  test('a rule that has targets stays; a stack takes both away', async () => {
    expect(await events('DeleteRule', { Name: 'good' })).toMatchObject({
      message: "Rule can't be deleted since it has targets.",
    });
    expect((await stacks.delete('good')).status).toBe('DELETE_COMPLETE');
    expect(await events('DescribeRule', { Name: 'good' })).toMatchObject({
      __type: expect.stringContaining('ResourceNotFoundException'),
    });
  });
});
