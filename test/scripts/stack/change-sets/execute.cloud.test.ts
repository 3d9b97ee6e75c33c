import { ExecuteChangeSetCommand } from '@aws-sdk/client-cloudformation';
import { describe, expect, test } from 'vitest';
import { Cancelled } from '../../../../scripts/errors.ts';
import { dropChangeSet, readChangeSet } from '../../../../scripts/stack/change-sets/change-set.ts';
import { checkPlan, executeChangeSets } from '../../../../scripts/stack/change-sets/execute.ts';
import type { SavedStack } from '../../../../scripts/stack/change-sets/plan-file.ts';
import { deleteStack } from '../../../../scripts/stack/delete.ts';
import { readStack, settledStack } from '../../../../scripts/stack/stack-state.ts';
import { stackWorld } from '../world.ts';

const { aws, deploy, save, newRuntime, parameterValue, createRole, reached, signal } = stackWorld('100000000052');

async function execute(saved: readonly SavedStack[], runtime = newRuntime()) {
  const results = await executeChangeSets(runtime, aws, saved);
  return { results, progress: runtime.progress() };
}

/** What a run would have done that was lost right after the call. */
async function executeByHand(changeSet: string | null | undefined) {
  const command = new ExecuteChangeSetCommand({ ChangeSetName: changeSet ?? '' });
  await (await aws.cloudFormation()).send(command);
}

describe('executeChangeSets', () => {
  test('does what was planned, tells each resource, and is done the second time', async () => {
    await deploy({ old: { A: 'first', B: 'b' } });
    const saved = await save({ old: { A: 'second' }, young: { C: 'c' } });
    const { results, progress } = await execute(saved);
    expect(results).toEqual([
      { stack: 'old', changed: true, outputs: { AName: '/old/A' }, seconds: expect.any(Number) },
      { stack: 'young', changed: true, outputs: { CName: '/young/C' }, seconds: expect.any(Number) },
    ]);
    expect(progress).toContain('  old: updated SSM::Parameter A');
    expect(progress).toContain('  young: created SSM::Parameter C');
    expect(await parameterValue('/old/A')).toBe('second');
    expect(await parameterValue('/young/C')).toBe('c');

    const again = await execute(saved);
    expect(again.results).toMatchObject([
      { stack: 'old', changed: false, outputs: { AName: '/old/A' } },
      { stack: 'young', changed: false, outputs: { CName: '/young/C' } },
    ]);
    expect(again.progress).toContain('old: this plan was executed already');
  });

  test('a stack without changes is left alone, its outputs are read', async () => {
    await deploy({ fine: { A: 'a' } });
    const { results } = await execute(await save({ fine: { A: 'a' } }));
    expect(results).toMatchObject([{ stack: 'fine', changed: false, outputs: { AName: '/fine/A' } }]);
  });

  test('switches the protection against deletion as planned, which no change set does', async () => {
    const [planned] = await save({ guarded: { A: 'a' } });
    if (planned === undefined) throw new Error('nothing was planned');
    await execute([{ ...planned, terminationProtection: true }]);
    expect(await readStack(aws, 'guarded')).toMatchObject({ terminationProtection: true });
    await execute(await save({ guarded: { A: 'a' } }));
    expect(await readStack(aws, 'guarded')).toMatchObject({ terminationProtection: false });
  });

  test('one without changes may have been rolled back before', async () => {
    await deploy({ rolled: { A: 'a' } });
    await expect(deploy({ rolled: { A: 'b', Broken: '$Fail' } })).rejects.toMatchObject({ code: 'STACK_FAILED' });
    const saved = await save({ rolled: { A: 'a' } });
    expect(saved).toMatchObject([{ action: 'none', before: { status: 'UPDATE_ROLLBACK_COMPLETE' } }]);
    expect((await execute(saved)).results).toMatchObject([{ stack: 'rolled', changed: false }]);
  });

  test('a change of one stack since stops all, and is told', async () => {
    await deploy({ still: { A: 'a' }, moved: { B: 'b', Sized: '$Size' } });
    const saved = await save({ still: { A: 'new' }, moved: { B: 'new', Sized: '$Size' } });
    await deploy({ moved: { B: 'other', D: 'd', Sized: '$Size' } }, { parameters: { moved: { Size: 'large' } } });
    const refused = { code: 'PLAN_STALE' };
    await expect(checkPlan(aws, saved)).rejects.toMatchObject(refused);
    await expect(execute(saved)).rejects.toMatchObject({
      ...refused,
      details: [
        expect.stringMatching(/^moved was updated \S+Z \(planned from \S+Z\), it is UPDATE_COMPLETE$/),
        '  ~ SSM::Parameter B',
        '  + SSM::Parameter D',
        '  ~ SSM::Parameter Sized',
        '  parameter Size: was small, is large',
      ],
    });
    expect(await parameterValue('/still/A')).toBe('a');
    expect(await parameterValue('/moved/B')).toBe('other');
  });

  test('a stack that was to be new, and one that is gone', async () => {
    await deploy({ leaving: { A: 'a' } });
    const saved = await save({ leaving: { A: 'b' }, coming: { A: 'a' } });
    await deploy({ coming: { A: 'by hand' } });
    await deleteStack(newRuntime(), aws, 'leaving');
    await expect(execute(saved)).rejects.toMatchObject({
      code: 'PLAN_STALE',
      details: [
        expect.stringMatching(/^there was no coming; it was created \S+Z and is CREATE_COMPLETE$/),
        'leaving was deleted; it was CREATE_COMPLETE when planned',
      ],
    });
  });

  test('a change set that is gone, and one that another execution swept away', async () => {
    await deploy({ lost: { A: 'a' }, swept: { A: 'a' } });
    const saved = await save({ lost: { A: 'b' } });
    await dropChangeSet(aws, 'lost', saved[0]?.changeSet ?? '');
    await expect(execute(saved)).rejects.toMatchObject({
      details: ['the change set of lost does not exist any more: it was deleted, or another one was executed'],
    });

    const first = await save({ swept: { A: 'b' } });
    await execute(await save({ swept: { A: 'c' } }));
    await expect(execute(first)).rejects.toMatchObject({
      details: [expect.stringMatching(/^swept was updated/), '  ~ SSM::Parameter A'],
    });
  });

  test('a job that was lost halfway is taken up', async () => {
    const saved = await save({ 'half-one': { A: 'a' }, 'half-two': { B: 'b' } });
    await execute(saved.slice(0, 1));
    const { results, progress } = await execute(saved);
    expect(results).toMatchObject([{ changed: false }, { changed: true }]);
    expect(progress).toContain('half-one: this plan was executed already');
  });

  test('an execution that is going on is followed', async () => {
    const saved = await save({ going: { A: 'a', B: 'b', Last: '$Wait' } });
    const stopping = new AbortController();
    const first = newRuntime({
      signal: stopping.signal,
      onProgress: (text) => {
        if (/going: creating/.test(text)) stopping.abort(new Cancelled('SIGTERM'));
      },
    });
    await expect(executeChangeSets(first, aws, saved)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(first.progress().at(-1)).toMatch(/^going is CREATE_IN_PROGRESS: CloudFormation finishes that by itself/);
    await reached('going', 'Last');
    const second = newRuntime({
      onProgress: (text) => {
        if (/waiting for it to end/.test(text)) void signal('going', 'Last', 'SUCCESS');
      },
    });
    const { results, progress } = await execute(saved, second);
    expect(progress).toContain('going: this plan is being executed, waiting for it to end');
    expect(results).toMatchObject([{ stack: 'going', changed: true }]);
    expect(await parameterValue('/going/B')).toBe('b');
  });

  test('a cancelled update is rolled back', async () => {
    await deploy({ stopped: { A: 'first' } });
    const saved = await save({ stopped: { A: 'second', B: 'b', Last: '$Wait' } });
    const stopping = new AbortController();
    const runtime = newRuntime({
      signal: stopping.signal,
      onProgress: (text) => {
        if (/stopped: (creating|updating) CloudFormation::WaitCondition Last/.test(text))
          stopping.abort(new Cancelled('SIGTERM'));
      },
    });
    await expect(executeChangeSets(runtime, aws, saved)).rejects.toMatchObject({ code: 'CANCELLED' });
    await signal('stopped', 'Last', 'FAILURE');
    expect(runtime.progress().at(-1)).toBe('stopped: the update is cancelled, CloudFormation rolls it back');
    expect((await settledStack(newRuntime(), aws, 'stopped'))?.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await parameterValue('/stopped/A')).toBe('first');
  });

  test('a failure names resource, reason and next step; a new plan works when the cause is fixed', async () => {
    await deploy({ breaking: { A: 'first' } });
    const stacks = { breaking: { A: 'second', Policy: '$Role breaking-role' }, unharmed: { A: 'a' } };
    const saved = await save(stacks);
    await expect(execute(saved)).rejects.toMatchObject({
      code: 'STACK_FAILED',
      message: 'cannot deploy breaking: breaking is UPDATE_ROLLBACK_COMPLETE',
      details: [expect.stringMatching(/^breaking: Policy \(AWS::IAM::Policy\): .*breaking-role/)],
      hint: 'the failed change was rolled back: fix the cause named above and make a new plan',
    });
    expect(await parameterValue('/breaking/A')).toBe('first');
    expect((await readStack(aws, 'unharmed'))?.status).toBe('CREATE_COMPLETE');
    await expect(execute(saved)).rejects.toMatchObject({
      code: 'PLAN_STALE',
      details: [
        expect.stringMatching(/^breaking: the plan was executed already and failed, .*UPDATE_ROLLBACK_COMPLETE/),
      ],
    });

    await createRole('breaking-role');
    const { results } = await execute(await save(stacks));
    expect(results).toMatchObject([
      { stack: 'breaking', changed: true },
      { stack: 'unharmed', changed: false },
    ]);
    expect(await parameterValue('/breaking/A')).toBe('second');
  });

  test('a creation that fails is planned again', async () => {
    const stacks = { fresh: { A: 'a', Policy: '$Role fresh-role' } };
    await expect(execute(await save(stacks))).rejects.toMatchObject({
      message: 'cannot deploy fresh: fresh is ROLLBACK_COMPLETE',
    });
    await createRole('fresh-role');
    expect((await execute(await save(stacks))).results).toMatchObject([{ changed: true }]);
  });

  test('what a person executed in the console is not done twice', async () => {
    await deploy({ manual: { A: 'first' } });
    const saved = await save({ manual: { A: 'second' } });
    await executeByHand(saved[0]?.changeSet);
    await expect
      .poll(async () => (await readChangeSet(aws, 'manual', saved[0]?.changeSet ?? ''))?.executionStatus, {
        timeout: 60_000,
      })
      .toBe('EXECUTE_COMPLETE');
    await expect(execute(saved)).rejects.toMatchObject({
      code: 'PLAN_STALE',
      details: expect.arrayContaining(['  its change set was executed by another process']),
    });
    expect(await parameterValue('/manual/A')).toBe('second');
  });
});
