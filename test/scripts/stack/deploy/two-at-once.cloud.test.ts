import { DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { Stack } from 'aws-cdk-lib';
import { describe, expect, inject, test } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import { Cancelled } from '../../../../scripts/errors.ts';
import { type AppBuilder, withAssembly } from '../../../../scripts/stack/assembly.ts';
import { deployStacks } from '../../../../scripts/stack/deploy/deploy-stacks.ts';
import { readStack } from '../../../../scripts/stack/stack-state.ts';
import { recorder } from '../../../builders/recorder.ts';
import { accountEnvironment } from '../../../local-cloud/start.ts';
import { justAfter, justBefore, type Meddler, wire } from '../../wire.ts';
import { type Parameters, parameterApp } from '../app.ts';
import { stackWorld } from '../world.ts';

/** Somebody else deploys a stack of this deploy, too: after it was looked at, and before this deploy comes to it. */

const account = '100000000087';
const { aws, deploy, parameterValue, reached, signal } = stackWorld(account);

async function through(meddler: Meddler) {
  const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, meddler);
  return recorder({ ...accountEnvironment(inject('localCloud'), account), AWS_ENDPOINT_URL });
}

/** Each stack of the app depends on the one before it. */
function inOrder(stacks: Parameters): AppBuilder {
  const build = parameterApp(account, stacks);
  return async (props) => {
    const app = await build(props);
    app.node.children.filter(Stack.isStack).forEach((stack, index, all) => {
      const before = all[index - 1];
      if (before !== undefined) stack.addStackDependency(before);
    });
    return app;
  };
}

describe('another deploy of the same stack', () => {
  test('has taken its name: the next try waits for it', async () => {
    const own = await through(justBefore('CreateStack', () => deploy({ 'two-new': { A: 'theirs' } })));
    await expect(deploy({ 'two-new': { A: 'ours' } }, {}, own)).rejects.toMatchObject({
      code: 'STACK_FAILED',
      message: expect.stringMatching(/^cannot deploy two-new: .*already exists/),
      hint: expect.stringContaining('retry'),
    });
    expect(await parameterValue('/two-new/A')).toBe('theirs');
    await deploy({ 'two-new': { A: 'ours' } });
    expect(await parameterValue('/two-new/A')).toBe('ours');
  });

  test('has begun an update: it is left alone, and the next try waits for it', async () => {
    await deploy({ 'two-old': { A: 'first' } });
    let theirs: Promise<unknown> = Promise.resolve();
    const own = await through(
      justBefore('UpdateStack', async () => {
        theirs = deploy({ 'two-old': { A: 'theirs', Last: '$Wait' } });
        await reached('two-old', 'Last');
      }),
    );
    await expect(deploy({ 'two-old': { A: 'ours' } }, {}, own)).rejects.toMatchObject({
      code: 'STACK_FAILED',
      message: expect.stringMatching(/^cannot deploy two-old: .*UPDATE_IN_PROGRESS/),
      hint: expect.stringContaining('retry'),
    });
    await signal('two-old', 'Last', 'SUCCESS');
    expect(await theirs).toMatchObject([{ stack: 'two-old', changed: true }]);
    await deploy({ 'two-old': { A: 'ours' } });
    expect(await parameterValue('/two-old/A')).toBe('ours');
  });

  test('is not stopped by the cancel of this one, which had not come to it', async () => {
    await deploy({ 'two-first': { A: 'first' }, 'two-second': { A: 'first' } });
    const cancelled = new Cancelled('SIGTERM');
    const stopping = new AbortController();
    const runtime = recorder(accountEnvironment(inject('localCloud'), account), { signal: stopping.signal });
    const ours = withAssembly(
      runtime,
      openAws(runtime),
      inOrder({ 'two-first': { A: 'ours', Last: '$Wait' }, 'two-second': { A: 'ours' } }),
      (assembly) => deployStacks(assembly),
    ).catch((error: unknown) => error);
    await reached('two-first', 'Last');
    const theirs = deploy({ 'two-second': { A: 'theirs', Last: '$Wait' } });
    await reached('two-second', 'Last');
    stopping.abort(cancelled);
    expect(await ours).toBe(cancelled);
    expect(runtime.progress().at(-1)).toBe('two-first: the update is cancelled, CloudFormation rolls it back');
    expect((await readStack(aws, 'two-second'))?.status).toBe('UPDATE_IN_PROGRESS');
    await signal('two-second', 'Last', 'SUCCESS');
    expect(await theirs).toMatchObject([{ stack: 'two-second', changed: true }]);
    await signal('two-first', 'Last', 'FAILURE');
  });

  test('is a deletion: what there is then is said, and the next try makes the stack', async () => {
    const own = await through(
      justAfter('CreateStack', async () => {
        await reached('two-gone', 'Last');
        const state = await readStack(aws, 'two-gone');
        await (await aws.cloudFormation()).send(new DeleteStackCommand({ StackName: state?.id }));
      }),
    );
    await expect(deploy({ 'two-gone': { A: 'a', Last: '$Wait' } }, {}, own)).rejects.toMatchObject({
      code: 'STACK_FAILED',
      message: 'cannot deploy two-gone: two-gone is gone',
    });
    await deploy({ 'two-gone': { A: 'a' } });
    expect(await parameterValue('/two-gone/A')).toBe('a');
  });
});

describe('a cancel', () => {
  /** Deploys a new stack through a wire that cancels when it sees this call, before it is sent on. */
  async function cancelledAt(operation: string, stack: string) {
    const stopping = new AbortController();
    const cancelled = new Cancelled('SIGTERM');
    const called: string[] = [];
    const cancel = justBefore(operation, async () => stopping.abort(cancelled));
    const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, async (call, next) => {
      called.push(call.operation);
      return await cancel(call, next);
    });
    const environment = { ...accountEnvironment(inject('localCloud'), account), AWS_ENDPOINT_URL };
    const own = recorder(environment, { signal: stopping.signal });
    await expect(deploy({ [stack]: { A: 'a', Last: '$Wait' } }, {}, own)).rejects.toBe(cancelled);
    return { called, own };
  }

  test('while stacks are looked at sends nothing', async () => {
    const { called } = await cancelledAt('DescribeStacks', 'two-early');
    expect(called).not.toContain('CreateStack');
    expect(await readStack(aws, 'two-early')).toBeUndefined();
  });

  test('while the request is on its way says what becomes of the stack', async () => {
    const { own } = await cancelledAt('CreateStack', 'two-late');
    expect(own.progress().at(-1)).toBe(
      'two-late is CREATE_IN_PROGRESS: CloudFormation finishes that by itself; the next deploy waits for it',
    );
  });
});
