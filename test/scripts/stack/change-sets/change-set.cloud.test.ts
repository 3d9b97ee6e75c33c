import { ListChangeSetsCommand } from '@aws-sdk/client-cloudformation';
import { describe, expect, test } from 'vitest';
import { createChangeSet, dropChangeSet, readChangeSet } from '../../../../scripts/stack/change-sets/change-set.ts';
import { executeChangeSets } from '../../../../scripts/stack/change-sets/execute.ts';
import { readAnyStack, readStack } from '../../../../scripts/stack/stack-state.ts';
import { stackWorld } from '../world.ts';

const { aws, deploy, save, newRuntime, parameterValue } = stackWorld('100000000051');

async function changeSets(stack: string) {
  const { Summaries = [] } = await (await aws.cloudFormation()).send(new ListChangeSetsCommand({ StackName: stack }));
  return Summaries.map(({ ChangeSetName }) => ChangeSetName);
}

function parameterWith(Value: unknown) {
  return { Resources: { A: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value } } } };
}

describe('createChangeSet', () => {
  test('of a new stack: everything is created, nothing is yet', async () => {
    const [saved] = await save({ 'new-one': { A: 'a', B: 'b' } }, { name: 'plan-7' });
    expect(saved).toMatchObject({
      stack: 'new-one',
      changeSet: expect.stringMatching(/:changeSet\/plan-7-[0-9a-f]{8}\//),
      action: 'create',
      before: null,
      changes: [
        { logicalId: 'A', type: 'AWS::SSM::Parameter', action: 'create' },
        { logicalId: 'B', type: 'AWS::SSM::Parameter', action: 'create' },
      ],
    });
    expect(await readStack(aws, 'new-one')).toBeUndefined();
  });

  test('of a stack: what differs, and what it starts from', async () => {
    await deploy({ known: { A: 'a', B: 'b' } }, { parameters: { known: { Size: 'large' } } });
    const [saved] = await save({ known: { A: 'other', C: 'c' } });
    expect(saved).toMatchObject({
      action: 'update',
      changes: [
        { logicalId: 'A', action: 'update' },
        { logicalId: 'B', action: 'delete' },
        { logicalId: 'C', action: 'create' },
      ],
      before: {
        status: 'CREATE_COMPLETE',
        parameters: { Size: 'large' },
        template: { Resources: { A: { Type: 'AWS::SSM::Parameter' } } },
      },
    });
    expect(await parameterValue('/known/A')).toBe('a');
  });

  test('a replacement is said', async () => {
    const request = (TableName: string) => {
      const keys = {
        AttributeDefinitions: [{ AttributeName: 'a', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' }],
      };
      const Properties = { TableName, BillingMode: 'PAY_PER_REQUEST', ...keys };
      return {
        stack: 'replaced',
        template: { Resources: { A: { Type: 'AWS::DynamoDB::Table', Properties } } },
        name: 'a',
      };
    };
    const { id = '', ...made } = await createChangeSet(newRuntime(), aws, request('first'), undefined);
    const saved = { ...made, changeSet: id, changes: [...made.changes], terminationProtection: true, before: null };
    expect(await executeChangeSets(newRuntime(), aws, [saved])).toMatchObject([{ changed: true }]);
    const state = await readStack(aws, 'replaced');
    expect(state?.terminationProtection).toBe(true);
    expect((await createChangeSet(newRuntime(), aws, request('second'), state)).changes).toEqual([
      { logicalId: 'A', type: 'AWS::DynamoDB::Table', action: 'update', replacement: 'yes' },
    ]);
  });

  test('without a change: none, and the empty change set is deleted', async () => {
    await deploy({ same: { A: '$Size' } }, { parameters: { same: { Size: 'large' } } });
    expect(await save({ same: { A: '$Size' } })).toMatchObject([{ changeSet: null, action: 'none', changes: [] }]);
    expect(await changeSets('same')).toEqual([]);
  });

  test('of a stack whose creation failed: it is deleted first', async () => {
    await expect(deploy({ broken: { A: '$Fail' } })).rejects.toMatchObject({ code: 'STACK_FAILED' });
    expect(await save({ broken: { A: 'a' } })).toMatchObject([{ action: 'create', before: null }]);
  });

  test('two plans of a new stack may wait at the same time', async () => {
    const [first] = await save({ twice: { A: 'a' } }, { name: 'first' });
    const [second] = await save({ twice: { A: 'a' } }, { name: 'second' });
    expect(first?.changeSet).not.toBe(second?.changeSet);
    expect((await readChangeSet(aws, 'twice', second?.changeSet ?? ''))?.executionStatus).toBe('AVAILABLE');
  });

  test('one that is gone is known to be', async () => {
    const [saved] = await save({ dropped: { A: 'a' } });
    await dropChangeSet(aws, 'dropped', saved?.changeSet ?? '');
    expect(await readChangeSet(aws, 'dropped', saved?.changeSet ?? '')).toBeUndefined();
    expect((await readAnyStack(aws, 'dropped'))?.status).toBe('REVIEW_IN_PROGRESS');
  });

  test('one that CloudFormation refuses leaves nothing', async () => {
    const template = { ...parameterWith({ Ref: 'Given' }), Parameters: { Given: { Type: 'String' } } };
    const made = createChangeSet(newRuntime(), aws, { stack: 'refused', template, name: 'a' }, undefined);
    await expect(made).rejects.toMatchObject({
      code: 'CHANGE_SET_FAILED',
      message: expect.stringMatching(/^cannot plan refused: .*Given/),
    });
    expect(await readAnyStack(aws, 'refused')).toBeUndefined();
  });
});
