import { expect, test } from 'vitest';
import { Simulator, type Step } from './simulate.ts';
import type { World, WorldRole } from './world.ts';

const object = 'arn:aws:s3:::shop/a';

function statement(changes: object = {}) {
  return { Effect: 'Allow', Action: 's3:GetObject', Resource: object, ...changes };
}

function world(changes: Partial<WorldRole> = {}, resourcePolicy?: object): World {
  const role: WorldRole = {
    name: 'reader',
    arn: 'arn:aws:iam::111111111111:role/reader',
    trust: {},
    tags: { 'vendhost:tenant': 'shop' },
    policies: { own: { Version: '2012-10-17', Statement: [statement()] } },
    ...changes,
  };
  const policies = resourcePolicy === undefined ? [] : [['arn:aws:s3:::shop', resourcePolicy] as const];
  return { roles: new Map([[role.name, role]]), resourcePolicies: new Map(policies) };
}

const read: Step = { by: 'reader', action: 's3:GetObject', on: object };

test('a right is allowed, another is not', async () => {
  const simulator = new Simulator(world());
  expect(await simulator.ask(read)).toEqual({ verdict: 'allowed', why: '' });
  expect((await simulator.ask({ ...read, action: 's3:PutObject' })).verdict).toBe('denied');
});

test.each([
  ['a boundary that does not allow it', statement({ Action: 's3:PutObject' })],
  ['a boundary that denies it for the tags of the role', statement({ Effect: 'Deny', Condition: tag('shop') })],
])('%s refuses it', async (_, limit) => {
  const boundary = {
    Version: '2012-10-17',
    Statement: [limit, statement({ Effect: limit.Effect, Action: 's3:PutObject' })],
  };
  expect((await new Simulator(world({ boundary })).ask(read)).verdict).toBe('denied');
});

function tag(tenant: string) {
  return { StringEquals: { 'aws:PrincipalTag/vendhost:tenant': tenant } };
}

test("a bucket's policy refuses it", async () => {
  const policy = { Version: '2012-10-17', Statement: [statement({ Effect: 'Deny', Principal: '*' })] };
  expect((await new Simulator(world({}, policy)).ask(read)).verdict).toBe('denied');
});

test('what the simulator does not know is undecided, not refused', async () => {
  const simulator = new Simulator(world());
  const unknown = {
    ...read,
    action: 'codedeploy:StopDeployment',
    on: 'arn:aws:codedeploy:eu-west-1:111111111111:application:a',
  };
  expect(await simulator.ask(unknown)).toEqual({
    verdict: 'undecided',
    why: expect.stringContaining('must.use.wildcard'),
  });
});

test.each([
  ['a role that does not exist', { by: 'nobody' }, 'there is no role nobody'],
  [
    'a key that AWS does not have for the action',
    { given: { 'ec2:InstanceType': 'a' } },
    'AWS has no key ec2:InstanceType in s3:GetObject',
  ],
])('a case with %s is an error', async (_, change, message) => {
  await expect(new Simulator(world()).ask({ ...read, ...change })).rejects.toThrow(message);
});

test('a policy that IAM would not take is an error', async () => {
  const policies = { own: { Version: '2012-10-17', Statement: [statement({ Effect: 'Permit' })] } };
  await expect(new Simulator(world({ policies })).ask(read)).rejects.toThrow('a policy is wrong');
});
