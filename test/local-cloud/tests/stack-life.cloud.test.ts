import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  paginateListStacks,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeFlowLogsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { DeleteObjectCommand, HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { callJson, clientConfig } from '../clients.ts';
import { eventually } from './fleet.ts';
import { att, ref, vpc } from './resources.ts';

/** How stacks live and die, where the platform depends on it. */
const { endpoint } = inject('localCloud');
const account = '670000000006';
const config = clientConfig(endpoint, account);
const stacks = new Stacks(config);
const s3 = new S3Client({ ...config, forcePathStyle: true });

const bucket = (BucketName: string, DeletionPolicy = 'Delete') => ({
  Type: 'AWS::S3::Bucket',
  DeletionPolicy,
  Properties: { BucketName },
});
/** Fails: there is no such bucket. */
const broken = (...DependsOn: string[]) => ({
  Type: 'AWS::S3::BucketPolicy',
  DependsOn,
  Properties: { Bucket: 'no-such-bucket', PolicyDocument: { Statement: [] } },
});
const fact = (Value: string) => ({
  Fact: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/life/fact', Type: 'String', Value } },
});

async function exists(Bucket: string): Promise<boolean> {
  return s3.send(new HeadBucketCommand({ Bucket })).then(
    () => true,
    () => false,
  );
}

async function events(StackName: string) {
  const { StackEvents } = await stacks.client.send(new DescribeStackEventsCommand({ StackName }));
  return StackEvents ?? [];
}

describe('what a stack leaves behind', () => {
  test('after a failed creation: what is retained, not what is retained except on create', async () => {
    const resources = {
      Kept: bucket('life-kept', 'Retain'),
      Gone: bucket('life-gone', 'RetainExceptOnCreate'),
      Broken: broken('Kept', 'Gone'),
    };
    expect((await stacks.create('life-failed', { resources })).status).toBe('ROLLBACK_COMPLETE');
    expect([await exists('life-kept'), await exists('life-gone')]).toEqual([true, false]);
  });

  test('after its deletion: both, and it says so', async () => {
    const resources = { One: bucket('life-one', 'Retain'), Two: bucket('life-two', 'RetainExceptOnCreate') };
    await stacks.create('life-deleted', { resources });
    const { Stacks: found } = await stacks.client.send(new DescribeStacksCommand({ StackName: 'life-deleted' }));
    expect((await stacks.delete('life-deleted')).status).toBe('DELETE_COMPLETE');
    expect([await exists('life-one'), await exists('life-two')]).toEqual([true, true]);
    const skipped = (await events(found?.[0]?.StackId ?? '')).filter((one) => one.ResourceStatus === 'DELETE_SKIPPED');
    expect(skipped.map((one) => one.LogicalResourceId).sort()).toEqual(['One', 'Two']);
  });

  test('a bucket that is not empty, until it is', async () => {
    await stacks.create('life-full', { resources: { Bucket: bucket('life-full') } });
    await s3.send(new PutObjectCommand({ Bucket: 'life-full', Key: 'a', Body: 'x' }));
    const refused = await stacks.delete('life-full');
    expect(refused.status).toBe('DELETE_FAILED');
    expect(refused.failures.join()).toContain('is not empty');
    await s3.send(new DeleteObjectCommand({ Bucket: 'life-full', Key: 'a' }));
    expect((await stacks.delete('life-full')).status).toBe('DELETE_COMPLETE');
  });
});

describe('a name that is taken', () => {
  test("another account's bucket", async () => {
    const others = new Stacks(clientConfig(endpoint, '670000000007'));
    await others.create('life-theirs', { resources: { Bucket: bucket('life-theirs') } });
    const refused = await stacks.create('life-theirs', { resources: { Bucket: bucket('life-theirs') } });
    expect(refused.status).toBe('ROLLBACK_COMPLETE');
    expect((await events('life-theirs')).some((one) => one.DetailedStatus === 'VALIDATION_FAILED')).toBe(true);
    expect((await others.delete('life-theirs')).status).toBe('DELETE_COMPLETE');
  });

  test('an identity provider, a role', async () => {
    const trust = {
      Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    };
    const resources = {
      Gitlab: {
        Type: 'AWS::IAM::OIDCProvider',
        Properties: { Url: 'https://life.example.com', ClientIdList: ['https://life.example.com'] },
      },
    };
    const role = {
      Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'life', AssumeRolePolicyDocument: trust } },
    };
    await stacks.create('life-first', { resources: { ...resources, ...role } });
    for (const [name, one] of Object.entries({ provider: resources, role })) {
      const refused = await stacks.create(`life-second-${name}`, { resources: one });
      expect(refused.failures.join()).toContain('EntityAlreadyExists');
    }
    const { Role } = await new IAMClient(config).send(new GetRoleCommand({ RoleName: 'life' }));
    expect(Role?.RoleName).toBe('life');
  });
});

test('termination protection protects a stack', async () => {
  const StackName = 'life-protected';
  await stacks.create(StackName, { resources: fact('one') });
  const protect = (EnableTerminationProtection: boolean) =>
    stacks.client.send(new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection }));
  await protect(true);
  await expect(stacks.client.send(new DeleteStackCommand({ StackName }))).rejects.toThrow(/TerminationProtection/);
  await protect(false);
  expect((await stacks.delete(StackName)).status).toBe('DELETE_COMPLETE');
});

test('events name the request they come from, stacks when they changed', async () => {
  const StackName = 'life-events';
  const request = { StackName, TemplateBody: JSON.stringify({ Resources: fact('one') }), ClientRequestToken: 'run-1' };
  await stacks.client.send(new CreateStackCommand(request));
  const settled = await eventually(async () => {
    const { Stacks: found } = await stacks.client.send(new DescribeStacksCommand({ StackName }));
    return found?.[0]?.StackStatus === 'CREATE_COMPLETE' && found[0];
  });
  expect(new Set((await events(StackName)).map((one) => one.ClientRequestToken))).toEqual(new Set(['run-1']));
  await stacks.update(StackName, { resources: fact('two') });
  const { Stacks: found } = await stacks.client.send(new DescribeStacksCommand({ StackName }));
  expect(found?.[0]?.LastUpdatedTime?.getTime()).toBeGreaterThan(settled.CreationTime?.getTime() ?? 0);
  await stacks.delete(StackName);
});

test('more than a hundred stacks come in pages', async () => {
  const one = { Resources: { Handle: { Type: 'AWS::CloudFormation::WaitConditionHandle' } } };
  for (let number = 0; number < 105; number += 1) {
    await stacks.client.send(
      new CreateStackCommand({ StackName: `life-page-${number}`, TemplateBody: JSON.stringify(one) }),
    );
  }
  const pages: number[] = [];
  const names = new Set<string | undefined>();
  for await (const page of paginateListStacks({ client: stacks.client }, {})) {
    pages.push(page.StackSummaries?.length ?? 0);
    for (const { StackName } of page.StackSummaries ?? []) names.add(StackName);
  }
  expect(pages.length).toBeGreaterThan(1);
  expect([...names].filter((name) => name?.startsWith('life-page-'))).toHaveLength(105);
});

test('flow logs of all traffic, retention and key policies can be read back', async () => {
  const policy = { Statement: [{ Sid: 'Own', Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' }] };
  const resources = {
    Vpc: vpc,
    Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/life/traffic', RetentionInDays: 1 } },
    Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: policy, EnableKeyRotation: true } },
    FlowLog: {
      Type: 'AWS::EC2::FlowLog',
      Properties: {
        ResourceId: ref('Vpc'),
        ResourceType: 'VPC',
        TrafficType: 'ALL',
        LogGroupName: ref('Logs'),
        DeliverLogsPermissionArn: `arn:aws:iam::${account}:role/logs`,
      },
    },
  };
  const outputs = { FlowLog: ref('FlowLog'), Key: att('Key', 'KeyId') };
  const created = await stacks.create('life-logs', { resources, outputs });
  expect(created).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
  const { FlowLogs } = await new EC2Client(config).send(
    new DescribeFlowLogsCommand({ FlowLogIds: [created.outputs.FlowLog ?? ''] }),
  );
  expect(FlowLogs).toMatchObject([{ TrafficType: 'ALL', LogGroupName: '/life/traffic' }]);
  const groups = await callJson(endpoint, account, 'Logs_20140328.DescribeLogGroups', {
    logGroupNamePrefix: '/life/traffic',
  });
  expect(groups).toMatchObject({ logGroups: [{ retentionInDays: 1 }] });
  const key = { KeyId: created.outputs.Key, PolicyName: 'default' };
  const stored = await callJson(endpoint, account, 'TrentService.GetKeyPolicy', key);
  expect(JSON.parse(String(stored.Policy))).toMatchObject(policy);
  expect(await callJson(endpoint, account, 'TrentService.GetKeyRotationStatus', key)).toMatchObject({
    KeyRotationEnabled: true,
  });
});
