import { Stack } from 'aws-cdk-lib';
import { describe, expect, inject, test } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import { Cancelled } from '../../../../scripts/errors.ts';
import { type AppBuilder, withAssembly } from '../../../../scripts/stack/assembly.ts';
import { deployStacks } from '../../../../scripts/stack/deploy/deploy-stacks.ts';
import { readStack } from '../../../../scripts/stack/stack-state.ts';
import { recorder } from '../../../builders/recorder.ts';
import { accountEnvironment } from '../../../local-cloud/start.ts';
import { justBefore, type Meddler, wire } from '../../wire.ts';
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
});
