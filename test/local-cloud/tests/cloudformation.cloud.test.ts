import { SetStackPolicyCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { GetDocumentCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';
import { att, ref } from './resources.ts';

const { endpoint } = inject('localCloud');
const account = '610000000003';
const config = clientConfig(endpoint, account);
const stacks = new Stacks(clientConfig(endpoint, account));

describe('the rest', () => {
  test('documents, alarms, option groups, secret policies and web ACL associations come and go', async () => {
    const alarm = {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: 'unhealthy',
        ComparisonOperator: 'GreaterThanThreshold',
        EvaluationPeriods: 1,
        MetricName: 'UnHealthyHostCount',
        Namespace: 'AWS/ApplicationELB',
        Period: 60,
        Statistic: 'Maximum',
        Threshold: 0,
      },
    };
    const resources = {
      Document: {
        Type: 'AWS::SSM::Document',
        Properties: {
          Name: 'inventory',
          DocumentType: 'Command',
          UpdateMethod: 'NewVersion',
          Content: { schemaVersion: '2.2', mainSteps: [] },
        },
      },
      Alarm: alarm,
      Composite: {
        Type: 'AWS::CloudWatch::CompositeAlarm',
        Properties: { AlarmRule: { 'Fn::Sub': 'ALARM(${Alarm})' } },
      },
      Options: {
        Type: 'AWS::RDS::OptionGroup',
        Properties: { EngineName: 'mysql', MajorEngineVersion: '8.0', OptionGroupDescription: 'audit' },
      },
      Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: {} } },
      SecretPolicy: {
        Type: 'AWS::SecretsManager::ResourcePolicy',
        Properties: {
          SecretId: ref('Secret'),
          ResourcePolicy: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Deny', Principal: '*', Action: 'secretsmanager:DeleteSecret', Resource: '*' }],
          },
        },
      },
      Rotation: {
        Type: 'AWS::SecretsManager::RotationSchedule',
        Properties: { SecretId: ref('Secret'), RotationRules: { AutomaticallyAfterDays: 30 } },
      },
      Acl: {
        Type: 'AWS::WAFv2::WebACL',
        Properties: {
          Scope: 'REGIONAL',
          DefaultAction: { Allow: {} },
          VisibilityConfig: { CloudWatchMetricsEnabled: false, MetricName: 'acl', SampledRequestsEnabled: false },
        },
      },
      Association: {
        Type: 'AWS::WAFv2::WebACLAssociation',
        Properties: {
          WebACLArn: att('Acl', 'Arn'),
          ResourceArn: `arn:aws:elasticloadbalancing:eu-west-1:${account}:loadbalancer/app/some/0123456789abcdef`,
        },
      },
    };
    const outputs = { Document: ref('Document'), Composite: ref('Composite'), Options: ref('Options') };
    const created = await stacks.create('rest', { resources, outputs });
    expect(created).toMatchObject({ status: 'CREATE_COMPLETE', failures: [], outputs: { Document: 'inventory' } });

    const ssm = new SSMClient(config);
    const content = { schemaVersion: '2.2', description: 'changed', mainSteps: [] };
    const changed = { ...resources.Document, Properties: { ...resources.Document.Properties, Content: content } };
    await stacks.update('rest', { resources: { ...resources, Document: changed }, outputs });
    const document = await ssm.send(new GetDocumentCommand({ Name: 'inventory' }));
    expect(document.DocumentVersion).toBe('2');
    expect(JSON.parse(document.Content ?? '')).toEqual(content);

    expect((await stacks.delete('rest')).status).toBe('DELETE_COMPLETE');
    await expect(ssm.send(new GetDocumentCommand({ Name: 'inventory' }))).rejects.toThrow('does not exist');
  });

  test('an alarm watches one metric or an expression, not both, and can change from one to the other', async () => {
    const shared = {
      AlarmName: 'watched',
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
      Threshold: 0,
    };
    const metric = { Namespace: 'lantern', MetricName: 'errors' };
    const one = { ...metric, Period: 60, Statistic: 'Sum' };
    const Metrics = [
      { Id: 'm1', MetricStat: { Metric: metric, Period: 60, Stat: 'Sum' }, ReturnData: false },
      { Id: 'all', Expression: 'SUM([FILL(m1, 0)])', ReturnData: true },
    ];
    const of = (properties: object) => ({
      resources: { Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: { ...shared, ...properties } } },
    });
    const cloudWatch = new CloudWatchClient(config);
    const described = async () => {
      const { MetricAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ['watched'] }));
      return MetricAlarms?.map(({ MetricName, Metrics: expressions }) => [MetricName ?? '', expressions?.length ?? 0]);
    };
    expect((await stacks.create('watched', of(one))).status).toBe('CREATE_COMPLETE');
    expect((await stacks.update('watched', of({ Metrics }))).status).toBe('UPDATE_COMPLETE');
    expect(await described()).toEqual([['', 2]]);
    const both = await stacks.update('watched', of({ ...one, Metrics }));
    expect(both).toMatchObject({
      status: 'UPDATE_ROLLBACK_COMPLETE',
      failures: [expect.stringContaining('MetricName')],
    });
    expect((await stacks.update('watched', of(one))).status).toBe('UPDATE_COMPLETE');
    expect(await described()).toEqual([['errors', 0]]);
    await stacks.delete('watched');
  });

  test('an unknown type is refused before anything is made', async () => {
    const result = await stacks
      .create('unknown', { resources: { Odd: { Type: 'AWS::Odd::Thing' } } })
      .catch((error: Error) => ({ status: 'refused', failures: [error.message] }));
    expect(['refused', 'ROLLBACK_COMPLETE']).toContain(result.status);
    expect(result.failures.join()).toContain('AWS::Odd::Thing');
  });
});

describe('stack policies', () => {
  const secret = (name: string, description: string) => ({
    Type: 'AWS::SecretsManager::Secret',
    Properties: { Name: name, Description: description, GenerateSecretString: {} },
  });
  const policy = {
    Statement: [
      { Effect: 'Allow', Principal: '*', Action: 'Update:*', Resource: '*' },
      {
        Effect: 'Deny',
        Principal: '*',
        Action: ['Update:Replace', 'Update:Delete'],
        Resource: 'LogicalResourceId/Kept',
      },
    ],
  };

  test('replacing or deleting a protected resource fails the update; changing it does not', async () => {
    const other = secret('policy-other', 'other');
    await stacks.create('policy', { resources: { Kept: secret('policy-kept', 'first'), Other: other } });
    await stacks.client.send(
      new SetStackPolicyCommand({ StackName: 'policy', StackPolicyBody: JSON.stringify(policy) }),
    );

    const changed = await stacks.update('policy', {
      resources: { Kept: secret('policy-kept', 'second'), Other: other },
    });
    expect(changed.status).toBe('UPDATE_COMPLETE');

    const replaced = await stacks.update('policy', {
      resources: { Kept: secret('policy-new-name', 'second'), Other: other },
    });
    expect(replaced.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(replaced.failures.join()).toContain(
      'Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [LogicalResourceId/Kept]',
    );

    const removed = await stacks.update('policy', { resources: { Other: other } });
    expect(removed.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(removed.failures.join()).toContain('[Update:Delete]');
    expect((await stacks.delete('policy')).status).toBe('DELETE_COMPLETE');
  });
});

test('new values of parameters that reach neither a resource nor an output are no update', async () => {
  const name = 'parameters';
  const texts = (Shown: string, Idle: string) =>
    Object.entries({ Shown, Idle }).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));
  const input = {
    resources: { Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'kept' } } },
    parameters: { Shown: { Type: 'String' }, Idle: { Type: 'String' } },
    outputs: { Value: { 'Fn::Sub': 'is ${Shown}' } },
  };
  await stacks.create(name, { ...input, values: texts('a', 'a') });
  await expect(stacks.update(name, { ...input, values: texts('a', 'b') })).rejects.toThrow(
    'No updates are to be performed.',
  );
  expect(await stacks.update(name, { ...input, values: texts('b', 'b') })).toMatchObject({
    status: 'UPDATE_COMPLETE',
    outputs: { Value: 'is b' },
  });
});
