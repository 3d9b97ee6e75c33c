import { GetStackPolicyCommand } from '@aws-sdk/client-cloudformation';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { Stack } from 'aws-cdk-lib';
import { describe, expect, inject, test } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import { Cancelled } from '../../../../scripts/errors.ts';
import { withAssembly } from '../../../../scripts/stack/assembly.ts';
import { type DeployOptions, deployStacks } from '../../../../scripts/stack/deploy/deploy-stacks.ts';
import { planStacks } from '../../../../scripts/stack/stack-plan.ts';
import { readStack } from '../../../../scripts/stack/stack-state.ts';
import { type Recorder, recorder } from '../../../builders/recorder.ts';
import { accountEnvironment } from '../../../local-cloud/start.ts';
import { type Meddler, wire } from '../../wire.ts';
import { type Parameters, parameterApp } from '../app.ts';
import { stackWorld } from '../world.ts';

const account = '100000000001';
const { signal } = stackWorld(account);

function world() {
  const runtime = recorder(accountEnvironment(inject('localCloud'), account));
  return { runtime, aws: openAws(runtime) };
}

async function deploy(stacks: Parameters, options: DeployOptions = {}, runtime: Recorder = world().runtime) {
  return await withAssembly(runtime, openAws(runtime), parameterApp(account, stacks), (assembly) =>
    deployStacks(assembly, options),
  );
}

async function plan(stacks: Parameters, parameters: DeployOptions['parameters'] = {}) {
  const { runtime, aws } = world();
  return await withAssembly(runtime, aws, parameterApp(account, stacks), (assembly) =>
    planStacks(assembly, { parameters }),
  );
}

async function parameterValue(name: string) {
  const { Parameter } = await (await world().aws.ssm()).send(new GetParameterCommand({ Name: name }));
  return Parameter?.Value;
}

describe('deployStacks', () => {
  test('creates stacks, reports each resource, and leaves them alone the second time', async () => {
    const stacks = { 'deploy-one': { A: 'a' }, 'deploy-two': { B: 'b' } };
    const { runtime } = world();
    expect(await deploy(stacks, {}, runtime)).toEqual([
      { stack: 'deploy-one', changed: true, outputs: { AName: '/deploy-one/A' }, seconds: expect.any(Number) },
      { stack: 'deploy-two', changed: true, outputs: { BName: '/deploy-two/B' }, seconds: expect.any(Number) },
    ]);
    expect(runtime.progress()).toContain('  deploy-one: created SSM::Parameter A');
    expect(await parameterValue('/deploy-two/B')).toBe('b');
    expect(await deploy(stacks)).toEqual([
      { stack: 'deploy-one', changed: false, outputs: { AName: '/deploy-one/A' }, seconds: expect.any(Number) },
      { stack: 'deploy-two', changed: false, outputs: { BName: '/deploy-two/B' }, seconds: expect.any(Number) },
    ]);
  });

  test('deploys the stacks that are asked for only', async () => {
    const results = await deploy({ 'some-one': { A: 'a' }, 'some-two': { B: 'b' } }, { stacks: ['some-two'] });
    expect(results.map(({ stack }) => stack)).toEqual(['some-two']);
    expect(await readStack(world().aws, 'some-one')).toBeUndefined();
  });

  test('a parameter without a value keeps the one it has', async () => {
    await deploy({ sized: { A: '$Size' } }, { parameters: { sized: { Size: 'large' } } });
    const [result] = await deploy({ sized: { A: '$Size', B: 'b' } });
    expect(result?.changed).toBe(true);
    expect(await parameterValue('/sized/A')).toBe('large');
  });

  test('sets a stack policy at the creation', async () => {
    const policy = { Statement: [{ Effect: 'Deny', Principal: '*', Action: 'Update:*', Resource: '*' }] };
    await deploy({ kept: { A: 'a' } }, { policies: { kept: policy } });
    const client = await world().aws.cloudFormation();
    const { StackPolicyBody } = await client.send(new GetStackPolicyCommand({ StackName: 'kept' }));
    expect(JSON.parse(StackPolicyBody ?? '')).toEqual(policy);
  });

  test('protects a stack that was made without a policy before its update, not after', async () => {
    await deploy({ 'kept-later': { A: 'first' } });
    const policy = { Statement: [{ Effect: 'Deny', Principal: '*', Action: 'Update:*', Resource: '*' }] };
    const options = { policies: { 'kept-later': policy } };
    await expect(deploy({ 'kept-later': { A: 'second' } }, options)).rejects.toMatchObject({ code: 'STACK_FAILED' });
    expect(await parameterValue('/kept-later/A')).toBe('first');
  });

  test('a failure names the resource and its reason; the next deploy creates the stack again', async () => {
    const failure = await deploy({ failing: { A: 'a', Broken: '$Fail' } }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'STACK_FAILED',
      message: 'cannot deploy failing: failing is ROLLBACK_COMPLETE',
      details: [expect.stringMatching(/^failing: Broken \(AWS::IAM::Policy\): ./)],
    });
    const { runtime } = world();
    expect(await deploy({ failing: { A: 'a' } }, {}, runtime)).toMatchObject([{ stack: 'failing', changed: true }]);
    expect(runtime.progress()).toContain(
      'failing is ROLLBACK_COMPLETE, its first creation failed: deleting it and creating it again',
    );
    expect(await parameterValue('/failing/A')).toBe('a');
  });

  test('a failure of which CloudFormation names no resource is told by the state of the stack', async () => {
    const silent: Meddler = async (call, next) => {
      const answer = await next();
      if (call.operation !== 'DescribeStackEvents') return answer;
      const body = String(answer.body).replaceAll(/<ResourceStatus>\w+_FAILED/g, '<ResourceStatus>CREATE_IN_PROGRESS');
      return { ...answer, headers: {}, body };
    };
    const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, silent);
    const own = recorder({ ...accountEnvironment(inject('localCloud'), account), AWS_ENDPOINT_URL });
    await expect(deploy({ silent: { A: 'a', Broken: '$Fail' } }, {}, own)).rejects.toMatchObject({
      code: 'STACK_FAILED',
      message: 'cannot deploy silent: silent is ROLLBACK_COMPLETE',
    });
  });

  test('a stack is not begun when one that it depends on has failed', async () => {
    const { runtime, aws } = world();
    const build = parameterApp(account, { 'comes-first': { Broken: '$Fail' }, 'comes-second': { A: 'a' } });
    const failure = await withAssembly(
      runtime,
      aws,
      async (props) => {
        const app = await build(props);
        const [first, second] = app.node.children.filter(Stack.isStack);
        if (first !== undefined) second?.addStackDependency(first);
        return app;
      },
      (assembly) => deployStacks(assembly),
    ).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: 'cannot deploy comes-first: comes-first is ROLLBACK_COMPLETE' });
    expect(await readStack(aws, 'comes-second')).toBeUndefined();
  });

  test('a failed update is rolled back', async () => {
    await deploy({ updated: { A: 'first' } });
    const failure = await deploy({ updated: { A: 'second', Broken: '$Fail' } }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: 'cannot deploy updated: updated is UPDATE_ROLLBACK_COMPLETE' });
    expect(await parameterValue('/updated/A')).toBe('first');
  });
});

describe('a cancel', () => {
  const cancelled = new Cancelled('SIGTERM');

  /** Deploys and cancels as soon as the progress says that the resource is there that waits. */
  async function deployAndCancel(stacks: Parameters) {
    const stopping = new AbortController();
    const runtime = recorder(accountEnvironment(inject('localCloud'), account), {
      signal: stopping.signal,
      onProgress: (text) => {
        if (/: (creating|updating) CloudFormation::WaitCondition Last/.test(text)) stopping.abort(cancelled);
      },
    });
    await expect(deploy(stacks, {}, runtime)).rejects.toBe(cancelled);
    return runtime.progress();
  }

  test('of a creation ends with its reason and says what becomes of the stack', async () => {
    const progress = await deployAndCancel({ 'cancel-new': { A: 'a', Last: '$Wait' } });
    expect(progress.at(-1)).toBe(
      'cancel-new is CREATE_IN_PROGRESS: CloudFormation finishes that by itself; the next deploy waits for it',
    );
  });

  test('of an update has it rolled back, which the next deploy waits for', async () => {
    await deploy({ 'cancel-old': { A: 'first' } });
    const progress = await deployAndCancel({ 'cancel-old': { A: 'second', Last: '$Wait' } });
    expect(progress.at(-1)).toBe('cancel-old: the update is cancelled, CloudFormation rolls it back');
    const next = recorder(accountEnvironment(inject('localCloud'), account), {
      onProgress: (text) => {
        if (/cancel-old is UPDATE_\w+: waiting/.test(text)) void signal('cancel-old', 'Last', 'FAILURE');
      },
    });
    await deploy({ 'cancel-old': { A: 'third' } }, {}, next);
    expect(await parameterValue('/cancel-old/A')).toBe('third');
  });
});

describe('planStacks', () => {
  test('of a new stack: everything is created', async () => {
    expect(await plan({ 'plan-new': { A: 'a', B: 'b' } })).toEqual([
      {
        stack: 'plan-new',
        action: 'create',
        changes: [
          { logicalId: 'A', type: 'AWS::SSM::Parameter', action: 'create' },
          { logicalId: 'B', type: 'AWS::SSM::Parameter', action: 'create' },
        ],
      },
    ]);
    expect(await readStack(world().aws, 'plan-new')).toBeUndefined();
  });

  test('of a deployed stack: nothing, then what differs', async () => {
    await deploy({ 'plan-old': { A: 'a', B: 'b' } });
    expect(await plan({ 'plan-old': { A: 'a', B: 'b' } })).toEqual([
      { stack: 'plan-old', action: 'none', changes: [] },
    ]);
    expect(await plan({ 'plan-old': { A: 'other', C: 'c' } })).toEqual([
      {
        stack: 'plan-old',
        action: 'update',
        changes: [
          { logicalId: 'A', type: 'AWS::SSM::Parameter', action: 'update' },
          { logicalId: 'B', type: 'AWS::SSM::Parameter', action: 'delete' },
          { logicalId: 'C', type: 'AWS::SSM::Parameter', action: 'create' },
        ],
      },
    ]);
  });

  test('a changed parameter reaches the resources that refer to it', async () => {
    await deploy({ 'plan-sized': { A: '$Size', B: 'b' } });
    expect(await plan({ 'plan-sized': { A: '$Size', B: 'b' } }, { 'plan-sized': { Size: 'large' } })).toEqual([
      {
        stack: 'plan-sized',
        action: 'update',
        changes: [{ logicalId: 'A', type: 'AWS::SSM::Parameter', action: 'update' }],
      },
    ]);
  });
});
