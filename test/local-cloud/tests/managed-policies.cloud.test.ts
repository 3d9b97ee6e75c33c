import { describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';

/** A managed policy has a name of its own, and stays as long as somebody has it. */
const account = '231000000001';
const stacks = new Stacks(clientConfig(inject('localCloud').endpoint, account));
const document = (Action: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
});
const policy = (ManagedPolicyName: string) => ({
  Type: 'AWS::IAM::ManagedPolicy',
  Properties: { ManagedPolicyName, PolicyDocument: document('ec2:DescribeVpcs') },
});
const role = (properties: object) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    ...properties,
  },
});
const arn = (name: string) => `arn:aws:iam::${account}:policy/${name}`;

test('a name that is taken is refused', async () => {
  const resources = { Policy: policy('taken') };
  expect(await stacks.create('first', { resources })).toMatchObject({ status: 'CREATE_COMPLETE' });
  const second = await stacks.create('second', { resources });
  expect(second.status).toBe('ROLLBACK_COMPLETE');
  expect(second.failures.join()).toContain('A policy called taken already exists');
});

describe.each([
  ['attached', (name: string) => ({ ManagedPolicyArns: [arn(name)] })],
  ['bounding', (name: string) => ({ PermissionsBoundary: arn(name) })],
])('a policy that is %s, of a role of another stack', (name, properties) => {
  const other = { Other: policy(`${name}-other`) };

  test('stays when its stack no longer has it, which fails no update', async () => {
    await stacks.create(name, { resources: { Policy: policy(name), ...other } });
    await stacks.create(`${name}-role`, { resources: { Role: role(properties(name)) } });
    const updated = await stacks.update(name, { resources: other });
    expect(updated.status).toBe('UPDATE_COMPLETE');
    expect(updated.failures.join()).toContain('Cannot delete a policy attached to entities');
  });

  test('lets its stack not be deleted', async () => {
    const kept = `${name}-kept`;
    await stacks.create(kept, { resources: { Policy: policy(kept) } });
    await stacks.create(`${kept}-role`, { resources: { Role: role(properties(kept)) } });
    expect((await stacks.delete(kept)).status).toBe('DELETE_FAILED');
    expect((await stacks.delete(`${kept}-role`)).status).toBe('DELETE_COMPLETE');
    expect((await stacks.delete(kept)).status).toBe('DELETE_COMPLETE');
  });
});
