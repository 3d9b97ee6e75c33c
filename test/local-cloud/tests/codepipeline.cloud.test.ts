import {
  type ActionDeclaration,
  DisableStageTransitionCommand,
  EnableStageTransitionCommand,
  ListPipelineExecutionsCommand,
  type PipelineDeclaration,
  PollForJobsCommand,
  PutApprovalResultCommand,
  RetryStageExecutionCommand,
  StopPipelineExecutionCommand,
} from '@aws-sdk/client-codepipeline';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { Deployments } from '../../builders/deployments.ts';
import { script, zipped } from '../../builders/revision.ts';
import { callQuery } from '../clients.ts';
import { eventually } from './fleet.ts';
import { action, Pipelines, source } from './pipelines.ts';

const { endpoint } = inject('localCloud');
const account = '660000000002';
const cloud = new Deployments(endpoint, account, 'lantern');
const pipelines = new Pipelines(endpoint, account, cloud.bucket);
const { client } = pipelines;

const head = 'version: 0.0\nos: linux\n';
const hook = `${head}hooks:\n  ValidateService:\n    - location: check.sh\n`;
const software = () => source(cloud.bucket, 'none.zip');
const approval = (configuration = {}) => action('Approve', 'Manual', configuration);
const deploy = (group: string) =>
  action(
    'Deploy',
    'CodeDeploy',
    { ApplicationName: 'lantern', DeploymentGroupName: group },
    { inputArtifacts: [{ name: 'Revision' }] },
  );

async function upload(key: string, files: Record<string, string>): Promise<string> {
  const put = new PutObjectCommand({ Bucket: cloud.bucket, Key: key, Body: zipped(files) });
  return (await cloud.s3.send(put)).VersionId ?? '';
}

async function approve(name: string, id: string, status: 'Approved' | 'Rejected' = 'Approved') {
  const token = await pipelines.approvalToken(name, 'Approve', id);
  const result = { status, summary: `${status} by a test` };
  const request = { pipelineName: name, stageName: 'Approve', actionName: 'Approve', token, result };
  await client.send(new PutApprovalResultCommand(request));
  return request;
}

/** Ids of the executions of `release` for which a stage was successful. */
async function succeededIn(stageName: string) {
  const filter = { succeededInStage: { stageName } };
  const { pipelineExecutionSummaries = [] } = await client.send(
    new ListPipelineExecutionsCommand({ pipelineName: 'release', filter }),
  );
  return pipelineExecutionSummaries.map(({ pipelineExecutionId }) => pipelineExecutionId);
}

beforeAll(async () => {
  await cloud.prepare();
  await cloud.launch('site');
  await cloud.group('site');
  await upload('good.zip', { 'appspec.yml': hook, 'check.sh': script('echo fine') });
  await upload('bad.zip', { 'appspec.yml': hook, 'check.sh': script('exit 1') });
});

describe('an execution', () => {
  beforeAll(() => pipelines.create('release', [[software()], [deploy('site')]]));

  test('takes the overridden key, hands it to CodeDeploy and follows the deployment', async () => {
    const version = await upload('good.zip', { 'appspec.yml': hook, 'check.sh': script('echo fine') });
    const id = await pipelines.start('release', 'good.zip');
    const execution = await pipelines.ended('release', id);
    expect(execution).toMatchObject({
      status: 'Succeeded',
      executionMode: 'SUPERSEDED',
      trigger: { triggerType: 'StartPipelineExecution' },
      artifactRevisions: [
        { name: 'Revision', revisionId: version, revisionSummary: `Amazon S3 version id: ${version}` },
      ],
    });
    const [deployed, sourced] = await pipelines.actions('release', id);
    expect(sourced).toMatchObject({ stageName: 'Software', status: 'Succeeded' });
    const { externalExecutionId = '', externalExecutionUrl } = deployed?.output?.executionResult ?? {};
    expect(externalExecutionUrl).toContain(externalExecutionId);
    const { status, info } = await cloud.ended(externalExecutionId);
    expect(status).toBe('Succeeded');
    expect(info.revision?.s3Location?.key).toMatch(/^release\/Revision\/.{7}\.zip$/);
    const summaries = await client.send(new ListPipelineExecutionsCommand({ pipelineName: 'release' }));
    expect(summaries.pipelineExecutionSummaries?.[0]).toMatchObject({
      pipelineExecutionId: id,
      sourceRevisions: [{ actionName: 'Software', revisionId: version }],
    });
  });

  test('takes an overridden version', async () => {
    const old = await upload('many.zip', { 'appspec.yml': head });
    await upload('many.zip', { 'appspec.yml': 'broken' });
    const revisions = { S3_OBJECT_KEY: 'many.zip', S3_OBJECT_VERSION_ID: old } as const;
    const sourceRevisions = (['S3_OBJECT_KEY', 'S3_OBJECT_VERSION_ID'] as const).map((revisionType) => ({
      actionName: 'Software',
      revisionType,
      revisionValue: revisions[revisionType],
    }));
    const id = await pipelines.start('release', '', { sourceRevisions });
    expect(await pipelines.ended('release', id)).toMatchObject({
      status: 'Succeeded',
      artifactRevisions: [{ revisionId: old }],
    });
  });

  test('fails with its deployment; the stage can be retried', async () => {
    const id = await pipelines.start('release', 'bad.zip');
    expect((await pipelines.ended('release', id)).status).toBe('Failed');
    const [failed] = await pipelines.actions('release', id);
    const deploymentId = failed?.output?.executionResult?.externalExecutionId;
    expect(failed?.output?.executionResult?.errorDetails).toMatchObject({
      code: 'JobFailed',
      message: expect.stringContaining(`Deployment ${deploymentId} failed. The overall deployment failed`),
    });
    expect((await pipelines.stage('release', 'Deploy')).latestExecution).toMatchObject({
      pipelineExecutionId: id,
      status: 'Failed',
    });
    expect(await succeededIn('Software')).toContain(id);
    expect(await succeededIn('Deploy')).not.toContain(id);
    await expect(succeededIn('Elsewhere')).rejects.toMatchObject({ name: 'ValidationException' });
    const retry = { pipelineName: 'release', stageName: 'Deploy', pipelineExecutionId: id };
    await client.send(new RetryStageExecutionCommand({ ...retry, retryMode: 'FAILED_ACTIONS' }));
    await pipelines.ended('release', id);
    expect((await pipelines.actions('release', id)).map(({ actionName }) => actionName)).toEqual([
      'Deploy',
      'Deploy',
      'Software',
    ]);
    const early = new RetryStageExecutionCommand({ ...retry, stageName: 'Software', retryMode: 'ALL_ACTIONS' });
    await expect(client.send(early)).rejects.toMatchObject({ name: 'StageNotRetryableException' });
  });

  test('fails when the source is not there', async () => {
    const id = await pipelines.start('release', 'never.zip');
    expect((await pipelines.ended('release', id)).status).toBe('Failed');
    const [failed] = await pipelines.actions('release', id);
    expect(failed?.output?.executionResult?.errorDetails?.message).toContain(
      `s3://${cloud.bucket}/never.zip cannot be read: The specified key does not exist.`,
    );
  });

  test('is the same for the same client token', async () => {
    const token = { clientRequestToken: 'release-good' };
    const id = await pipelines.start('release', 'good.zip', token);
    expect(await pipelines.start('release', 'good.zip', token)).toBe(id);
    await pipelines.ended('release', id);
    expect(await pipelines.start('release', 'good.zip', token)).toBe(id);
    expect(await pipelines.start('release', 'good.zip', { clientRequestToken: 'release-more' })).not.toBe(id);
  });
});

describe('an approval', () => {
  beforeAll(() => pipelines.create('gated', [[software()], [approval({ CustomData: '#{Software.ObjectKey}' })]]));

  test('waits, goes on when approved, and takes no second answer', async () => {
    const id = await pipelines.start('gated', 'good.zip');
    const given = await approve('gated', id);
    expect((await pipelines.ended('gated', id)).status).toBe('Succeeded');
    const [approved] = await pipelines.actions('gated', id);
    expect(approved).toMatchObject({
      input: { resolvedConfiguration: { CustomData: 'good.zip' } },
      output: { executionResult: { externalExecutionSummary: 'Approved by a test' } },
    });
    await expect(client.send(new PutApprovalResultCommand(given))).rejects.toMatchObject({
      name: 'ApprovalAlreadyCompletedException',
    });
  });

  test('fails the execution when rejected; a wrong token changes nothing', async () => {
    const id = await pipelines.start('gated', 'good.zip');
    await pipelines.approvalToken('gated', 'Approve', id);
    const wrong = {
      pipelineName: 'gated',
      stageName: 'Approve',
      actionName: 'Approve',
      token: '00000000-0000-4000-8000-000000000000',
    };
    const result = { status: 'Approved' as const, summary: '' };
    await expect(client.send(new PutApprovalResultCommand({ ...wrong, result }))).rejects.toMatchObject({
      name: 'InvalidApprovalTokenException',
    });
    const undecided = { status: 'Maybe' as 'Approved', summary: '' };
    await expect(client.send(new PutApprovalResultCommand({ ...wrong, result: undecided }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('enum value set: [Approved, Rejected]'),
    });
    expect((await pipelines.execution('gated', id)).status).toBe('InProgress');
    await approve('gated', id, 'Rejected');
    expect((await pipelines.ended('gated', id)).status).toBe('Failed');
  });

  test('is announced to its topic; a topic that does not exist fails the action', async () => {
    const sqs = (parameters: Record<string, string>) => callQuery(endpoint, account, 'sqs', parameters);
    const sns = (parameters: Record<string, string>) => callQuery(endpoint, account, 'sns', parameters);
    const topic = `arn:aws:sns:eu-west-1:${account}:approvals`;
    const queue = /<QueueUrl>(.+)<\/QueueUrl>/.exec(await sqs({ Action: 'CreateQueue', QueueName: 'approvals' }))?.[1];
    await pipelines.create('announced', [[software()], [approval({ NotificationArn: topic })]]);

    const unheard = await pipelines.start('announced', 'good.zip');
    expect((await pipelines.ended('announced', unheard)).status).toBe('Failed');
    const [failed] = await pipelines.actions('announced', unheard);
    expect(failed?.output?.executionResult?.errorDetails?.message).toContain(`${topic}: `);

    await sns({ Action: 'CreateTopic', Name: 'approvals' });
    const Endpoint = `arn:aws:sqs:eu-west-1:${account}:approvals`;
    await sns({ Action: 'Subscribe', TopicArn: topic, Protocol: 'sqs', Endpoint });
    const id = await pipelines.start('announced', 'good.zip');
    const token = await pipelines.approvalToken('announced', 'Approve', id);
    const message = await eventually(async () => {
      const answer = await sqs({ Action: 'ReceiveMessage', QueueUrl: queue ?? '' });
      return answer.includes('<Message>') && answer;
    });
    expect(message).toContain('APPROVAL NEEDED: AWS CodePipeline announced for action Approve');
    expect(message).toContain(token);
    await approve('announced', id);
  });

  test('can be abandoned, and then nothing of it is left', async () => {
    const id = await pipelines.start('gated', 'good.zip');
    await pipelines.approvalToken('gated', 'Approve', id);
    const stop = { pipelineName: 'gated', pipelineExecutionId: id, reason: 'the job was cancelled' };
    await client.send(new StopPipelineExecutionCommand({ ...stop, abandon: true }));
    expect(await pipelines.ended('gated', id)).toMatchObject({
      status: 'Stopped',
      statusSummary: 'the job was cancelled',
    });
    expect((await pipelines.actions('gated', id))[0]).toMatchObject({ actionName: 'Approve', status: 'Abandoned' });
    await expect(client.send(new StopPipelineExecutionCommand(stop))).rejects.toMatchObject({
      name: 'PipelineExecutionNotStoppableException',
    });
  });

  test('stopped without abandoning ends after its answer', async () => {
    const id = await pipelines.start('gated', 'good.zip');
    await pipelines.approvalToken('gated', 'Approve', id);
    const stop = { pipelineName: 'gated', pipelineExecutionId: id };
    await client.send(new StopPipelineExecutionCommand(stop));
    expect((await pipelines.execution('gated', id)).status).toBe('Stopping');
    await approve('gated', id);
    expect((await pipelines.ended('gated', id)).status).toBe('Stopped');
  });
});

describe('executions at a busy stage', () => {
  test('SUPERSEDED: only the newest waits', async () => {
    await pipelines.create('newest', [[software()], [approval()]]);
    const first = await pipelines.start('newest', 'good.zip');
    await pipelines.approvalToken('newest', 'Approve', first);
    const second = await pipelines.start('newest', 'good.zip');
    await expect
      .poll(async () => (await pipelines.stage('newest', 'Approve')).inboundExecution?.pipelineExecutionId)
      .toBe(second);
    const third = await pipelines.start('newest', 'good.zip');
    expect(await pipelines.ended('newest', second)).toMatchObject({
      status: 'Superseded',
      statusSummary: `Superseded by the execution ${third}`,
    });
    await approve('newest', first);
    await approve('newest', third);
    expect((await pipelines.ended('newest', first)).status).toBe('Succeeded');
    expect((await pipelines.ended('newest', third)).status).toBe('Succeeded');
  });

  test('QUEUED: all wait, in order', async () => {
    await pipelines.create('queue', [[software()], [approval()]], { executionMode: 'QUEUED' });
    const ids: string[] = [];
    for (const _ of [1, 2, 3]) ids.push(await pipelines.start('queue', 'good.zip'));
    for (const id of ids) await approve('queue', id);
    for (const id of ids) expect((await pipelines.ended('queue', id)).status).toBe('Succeeded');
  });

  test('a disabled transition holds them', async () => {
    await pipelines.create('held', [[software()], [approval()]]);
    const transition = { pipelineName: 'held', stageName: 'Approve', transitionType: 'Inbound' as const };
    await client.send(new DisableStageTransitionCommand({ ...transition, reason: 'freeze' }));
    const id = await pipelines.start('held', 'good.zip');
    await expect
      .poll(async () => pipelines.stage('held', 'Approve'))
      .toMatchObject({
        inboundExecution: { pipelineExecutionId: id },
        inboundTransitionState: { enabled: false, disabledReason: 'freeze' },
      });
    await client.send(new EnableStageTransitionCommand(transition));
    await approve('held', id);
    expect((await pipelines.ended('held', id)).status).toBe('Succeeded');
  });
});

describe('refusals', () => {
  const build = action('Build', 'S3', {}, { inputArtifacts: [{ name: 'Revision' }] });
  build.actionTypeId = { category: 'Build', owner: 'AWS', provider: 'CodeBuild', version: '1' };

  test.each([
    ['another provider', [[software()], [build]], {}, /does not support actions of Build\/AWS\/CodeBuild/],
    ['one stage', [[software()]], {}, /at least two stages/],
    ['no source first', [[approval()], [software()]], {}, /first stage holds source actions only/],
    [
      'an artifact nobody makes',
      [[software()], [{ ...deploy('a'), inputArtifacts: [{ name: 'B' }] }]],
      {},
      /artifact B/,
    ],
    ['polling', [[source('b', 'k', { PollForSourceChanges: 'true' })], [approval()]], {}, /PollForSourceChanges=false/],
    ['QUEUED in V1', [[software()], [approval()]], { pipelineType: 'V1', executionMode: 'QUEUED' }, /type V2/],
    ['PARALLEL', [[software()], [approval()]], { executionMode: 'PARALLEL' }, /execution mode PARALLEL/],
    ['an unknown setting', [[software()], [approval({ Colour: 'red' })]], {}, /does not know \['Colour'\]/],
  ] satisfies [string, ActionDeclaration[][], Partial<PipelineDeclaration>, RegExp][])('%s', async (...row) => {
    const [, stages, more, message] = row;
    await expect(pipelines.create('refused', stages, more)).rejects.toThrow(message);
  });

  test('an override the source does not allow', async () => {
    const fixed = source(cloud.bucket, 'none.zip', { AllowOverrideForS3ObjectKey: 'false' });
    await pipelines.create('fixed', [[fixed], [approval()]]);
    await expect(pipelines.start('fixed', 'good.zip')).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('does not allow S3_OBJECT_KEY overrides'),
    });
  });

  test('what does not exist', async () => {
    await expect(pipelines.start('none', 'good.zip')).rejects.toMatchObject({ name: 'PipelineNotFoundException' });
    await expect(pipelines.execution('gated', crypto.randomUUID())).rejects.toMatchObject({
      name: 'PipelineExecutionNotFoundException',
    });
  });

  test('operations the local cloud does not play', async () => {
    const actionTypeId = { category: 'Build', owner: 'Custom', provider: 'a', version: '1' } as const;
    await expect(client.send(new PollForJobsCommand({ actionTypeId }))).rejects.toMatchObject({
      name: 'UnsupportedOperation',
      message: 'the local cloud does not support codepipeline:PollForJobs',
    });
  });
});
