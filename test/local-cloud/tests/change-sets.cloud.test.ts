import {
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  ListChangeSetsCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';
import { eventually } from './fleet.ts';
import { ref, vpc } from './resources.ts';

/** Change sets: what they tell, and when they cannot be made or executed. */
const config = clientConfig(inject('localCloud').endpoint, '670000000010');
const stacks = new Stacks(config);

const fact = (Value: string) => ({
  Fact: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/life/fact', Type: 'String', Value } },
});

test('one of yesterday is obsolete', async () => {
  const StackName = 'life-changed';
  await stacks.create(StackName, { resources: fact('one') });
  const change = await stacks.client.send(
    new CreateChangeSetCommand({
      StackName,
      ChangeSetName: 'late',
      TemplateBody: JSON.stringify({ Resources: fact('two') }),
    }),
  );
  await stacks.update(StackName, { resources: fact('three') });
  const ChangeSetName = change.Id;
  const described = await stacks.client.send(new DescribeChangeSetCommand({ ChangeSetName }));
  expect(described.ExecutionStatus).toBe('OBSOLETE');
  await expect(stacks.client.send(new ExecuteChangeSetCommand({ ChangeSetName }))).rejects.toMatchObject({
    name: 'InvalidChangeSetStatusException',
  });
  await stacks.delete(StackName);
});

test('of a stack that does not exist none is listed', async () => {
  await expect(stacks.client.send(new ListChangeSetsCommand({ StackName: 'life-none' }))).rejects.toThrow(
    'Stack [life-none] does not exist',
  );
});

test('one at a time', async () => {
  const StackName = 'life-busy';
  await stacks.create(StackName, { resources: fact('one') });
  const change = (name: string, value: string) =>
    stacks.client.send(
      new CreateChangeSetCommand({
        StackName,
        ChangeSetName: name,
        TemplateBody: JSON.stringify({ Resources: fact(value) }),
      }),
    );
  const first = await change('first', 'two');
  const second = await change('second', 'three');
  await stacks.client.send(new ExecuteChangeSetCommand({ ChangeSetName: first.Id }));
  const refused = stacks.client.send(new ExecuteChangeSetCommand({ ChangeSetName: second.Id }));
  await expect(refused).rejects.toThrow();
  await eventually(async () => {
    const { Stacks: found } = await stacks.client.send(new DescribeStacksCommand({ StackName }));
    return found?.[0]?.StackStatus === 'UPDATE_COMPLETE';
  });
  await stacks.delete(StackName);
});

test('a stack that failed gets no change set', async () => {
  const StackName = 'life-dead';
  await stacks.create(StackName, {
    resources: { Broken: { Type: 'AWS::S3::BucketPolicy', Properties: { Bucket: 'none', PolicyDocument: {} } } },
  });
  const change = (ChangeSetType: 'CREATE' | 'UPDATE') =>
    stacks.client.send(
      new CreateChangeSetCommand({
        StackName,
        ChangeSetName: 'again',
        ChangeSetType,
        TemplateBody: JSON.stringify({ Resources: fact('one') }),
      }),
    );
  await expect(change('CREATE')).rejects.toThrow('already exists and cannot be created again');
  await expect(change('UPDATE')).rejects.toThrow('is in ROLLBACK_COMPLETE state and can not be updated');
});

test('a change set tells what is replaced, and the update replaces it', async () => {
  const StackName = 'life-replaced';
  const subnet = (CidrBlock: string, MapPublicIpOnLaunch: boolean) => ({
    Type: 'AWS::EC2::Subnet',
    Properties: { VpcId: ref('Vpc'), AvailabilityZone: 'eu-west-1a', CidrBlock, MapPublicIpOnLaunch },
  });
  const resources = (block: string, map: boolean, days: number) => ({
    Vpc: vpc,
    Subnet: subnet(block, map),
    Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/life/replaced', RetentionInDays: days } },
  });
  const outputs = { Subnet: ref('Subnet') };
  const created = await stacks.create(StackName, { resources: resources('10.7.1.0/24', false, 1), outputs });

  async function replacements(changed: ReturnType<typeof resources>) {
    const names = { StackName, ChangeSetName: 'look' };
    const TemplateBody = JSON.stringify({ Resources: changed, Outputs: { Subnet: { Value: ref('Subnet') } } });
    await stacks.client.send(new CreateChangeSetCommand({ ...names, TemplateBody }));
    const { Changes } = await stacks.client.send(new DescribeChangeSetCommand(names));
    await stacks.client.send(new DeleteChangeSetCommand(names));
    return Changes?.map(({ ResourceChange: one }) => [one?.LogicalResourceId, one?.Replacement]);
  }
  expect(await replacements(resources('10.7.1.0/24', true, 3))).toEqual([
    ['Logs', 'False'],
    ['Subnet', 'False'],
  ]);
  expect(await replacements(resources('10.7.2.0/24', false, 1))).toEqual([['Subnet', 'True']]);

  const kept = await stacks.update(StackName, { resources: resources('10.7.1.0/24', true, 3), outputs });
  expect(kept).toMatchObject({ status: 'UPDATE_COMPLETE', outputs: created.outputs });
  const moved = await stacks.update(StackName, { resources: resources('10.7.2.0/24', true, 3), outputs });
  expect(moved.status).toBe('UPDATE_COMPLETE');
  const { Subnets } = await new EC2Client(config).send(
    new DescribeSubnetsCommand({ Filters: [{ Name: 'cidr', Values: ['10.7.1.0/24', '10.7.2.0/24'] }] }),
  );
  expect(Subnets?.map((one) => one.SubnetId)).toEqual([moved.outputs.Subnet]);
  await stacks.delete(StackName);
});

describe('a request is refused at once', () => {
  const create = (ChangeSetName: string, template: object, more: object = {}) =>
    stacks.client.send(
      new CreateChangeSetCommand({
        StackName: 'life-refused',
        ChangeSetName,
        ChangeSetType: 'CREATE',
        TemplateBody: JSON.stringify(template),
        ...more,
      }),
    );

  test.each([
    ['a name with blanks', 'two words', { Resources: fact('one') }, {}, "at 'changeSetName'"],
    [
      'a parameter that the template does not have',
      'look',
      { Resources: fact('one') },
      { Parameters: [{ ParameterKey: 'Other', ParameterValue: 'x' }] },
      'Parameters: [Other] do not exist in the template',
    ],
    [
      'a reference to nothing',
      'look',
      { Resources: { Rule: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: ref('Nothing') } } } },
      {},
      'Unresolved resource dependencies [Nothing] in the Resources block of the template',
    ],
    [
      'an output of nothing',
      'look',
      { Resources: fact('one'), Outputs: { One: { Value: { 'Fn::Sub': '$' + '{Nobody.Arn}' } } } },
      {},
      'Unresolved resource dependencies [Nobody] in the Outputs block of the template',
    ],
  ])('%s', async (_, name, template, more, message) => {
    await expect(create(name, template, more)).rejects.toThrow(message);
  });
});

test('a request that is sent again with its token is not done again', async () => {
  const StackName = 'life-token';
  await stacks.create(StackName, { resources: fact('one') });
  const create = (value: string) =>
    stacks.client.send(
      new CreateChangeSetCommand({
        StackName,
        ChangeSetName: 'once',
        ClientToken: 'once',
        TemplateBody: JSON.stringify({ Resources: fact(value) }),
      }),
    );
  const { Id } = await create('two');
  expect((await create('two')).Id).toBe(Id);
  await expect(create('three')).rejects.toThrow('due to a mismatch with existing attribute ClientToken');
  const execute = (ChangeSetName: string | undefined, ClientRequestToken: string) =>
    stacks.client.send(new ExecuteChangeSetCommand({ StackName, ChangeSetName, ClientRequestToken }));
  await execute(Id, 'execute');
  await execute(Id, 'execute');
  await expect(execute('other', 'execute')).rejects.toMatchObject({ name: 'TokenAlreadyExistsException' });
  await eventually(async () => {
    const { Stacks: found } = await stacks.client.send(new DescribeStacksCommand({ StackName }));
    return found?.[0]?.StackStatus === 'UPDATE_COMPLETE';
  });
  await expect(execute(Id, 'again')).rejects.toThrow();
  await stacks.delete(StackName);
});
