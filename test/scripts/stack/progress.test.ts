import type { IoMessage } from '@aws-cdk/toolkit-lib';
import { describe, expect, test } from 'vitest';
import { Cancelled } from '../../../scripts/errors.ts';
import { Progress, type ResourceEvent, stackDoing } from '../../../scripts/stack/progress.ts';
import { recorder } from '../../builders/recorder.ts';
import { shownAt } from '../../builders/shown.ts';

const start = Date.UTC(2026, 0, 1);

function message(code: IoMessage<unknown>['code'] | undefined, data: unknown): IoMessage<unknown> {
  const parts = { time: new Date(start), level: 'info', action: 'deploy', message: 'a message', data } as const;
  return code === undefined ? parts : { ...parts, code };
}

function event(LogicalResourceId: string, ResourceStatus: string, seconds = 0, ResourceStatusReason?: string) {
  const rest = { StackName: 'a-stack', ResourceType: 'AWS::SQS::Queue', Timestamp: new Date(start + seconds * 1000) };
  return message('CDK_TOOLKIT_I5502', {
    event: { ...rest, LogicalResourceId, ResourceStatus, ResourceStatusReason },
  });
}

describe('Progress', () => {
  test('says of each resource what the last event of a poll says', async () => {
    const runtime = recorder();
    const progress = new Progress(runtime);
    await progress.notify(event('A', 'CREATE_IN_PROGRESS', 1));
    await progress.notify(event('A', 'CREATE_COMPLETE', 2));
    await progress.notify(event('B', 'CREATE_IN_PROGRESS', 2));
    progress.flush();
    await progress.notify(event('B', 'CREATE_IN_PROGRESS', 3));
    progress.flush();
    await progress.notify(event('B', 'CREATE_COMPLETE', 9));
    progress.flush();
    expect(runtime.progress()).toEqual([
      '  a-stack: created SQS::Queue A',
      '  a-stack: creating SQS::Queue B',
      '  a-stack: created SQS::Queue B',
    ]);
  });

  test('events of one moment may come in any order', async () => {
    const runtime = recorder();
    const progress = new Progress(runtime);
    await progress.notify(event('A', 'CREATE_COMPLETE'));
    await progress.notify(event('A', 'CREATE_IN_PROGRESS'));
    progress.flush();
    expect(runtime.progress()).toEqual(['  a-stack: created SQS::Queue A']);
  });

  test('prints by itself at the end of the turn', async () => {
    const runtime = recorder();
    await new Progress(runtime).notify(event('A', 'DELETE_COMPLETE'));
    await expect.poll(() => runtime.progress(), { timeout: 20_000 }).toEqual(['  a-stack: deleted SQS::Queue A']);
  });

  test('keeps failures with their reasons, but not those that follow from another', async () => {
    const runtime = recorder();
    const progress = new Progress(runtime);
    await progress.notify(event('A', 'CREATE_FAILED', 1, 'the name is taken'));
    await progress.notify(event('B', 'CREATE_FAILED', 1, 'Resource creation cancelled'));
    expect(progress.failures).toEqual([
      expect.objectContaining({ logicalId: 'A', type: 'AWS::SQS::Queue', reason: 'the name is taken' }),
    ]);
    expect(runtime.progress()).toContain('  a-stack: cannot create SQS::Queue A: the name is taken');
  });

  test('knows the stacks that changed nothing', async () => {
    const progress = new Progress(recorder());
    await progress.notify(message('CDK_TOOLKIT_I5900', { noOp: true, stackArn: 'arn:one' }));
    await progress.notify(message('CDK_TOOLKIT_I5900', { noOp: false, stackArn: 'arn:two' }));
    expect([...progress.unchanged]).toEqual(['arn:one']);
  });

  test('an event that the toolkit does not bring is printed the same way', () => {
    const runtime = recorder();
    const progress = new Progress(runtime);
    const resource = { stack: 'a-stack', logicalId: 'A', type: 'AWS::SQS::Queue', reason: undefined, at: start };
    progress.event({ ...resource, status: 'DELETE_SKIPPED' });
    progress.flush();
    expect(runtime.progress()).toEqual(['  a-stack: keeping SQS::Queue A']);
  });

  test('that the stack itself failed is a consequence', () => {
    const progress = new Progress(recorder());
    const stack = { stack: 'a-stack', logicalId: 'a-stack', type: 'AWS::CloudFormation::Stack', at: start };
    progress.event({ ...stack, status: 'UPDATE_ROLLBACK_FAILED', reason: 'The following resources failed: [A].' });
    expect(progress.failures).toEqual([]);
  });

  test('answers questions with their default', async () => {
    const request = { ...message('CDK_TOOLKIT_I5060', {}), code: 'CDK_TOOLKIT_I5060' as const, defaultResponse: true };
    expect(await new Progress(recorder()).requestResponse(request)).toBe(true);
  });

  test('after a cancel it stops the toolkit where the toolkit can be stopped', async () => {
    const cancelled = new Cancelled('SIGTERM');
    const progress = new Progress(recorder({}, { signal: AbortSignal.abort(cancelled) }));
    await expect(progress.notify(message(undefined, {}))).rejects.toBe(cancelled);
    await expect(progress.notify(event('A', 'CREATE_COMPLETE'))).resolves.toBeUndefined();
  });
});

describe('at a terminal', () => {
  const last = (logicalId: string, status: string, type = 'AWS::SQS::Queue'): ResourceEvent => {
    return { stack: 'a-stack', logicalId, type, status, reason: undefined, at: start };
  };
  const own = (status: string) => last('a-stack', status, 'AWS::CloudFormation::Stack');

  test('a stack counts its resources and waits for the first that is not done', () => {
    const resources = [last('A', 'CREATE_COMPLETE'), last('B', 'CREATE_IN_PROGRESS'), last('C', 'CREATE_IN_PROGRESS')];
    expect(stackDoing([own('CREATE_IN_PROGRESS'), ...resources], 4)).toEqual({
      done: 1,
      total: 4,
      waitingFor: 'SQS::Queue B and 1 more',
    });
    expect(stackDoing([last('A', 'DELETE_COMPLETE')], undefined)).toEqual({ done: 1 });
  });

  test('it has one line while it goes on and one when it has ended; what failed is printed', async () => {
    const { out, shown } = shownAt(() => 0);
    const progress = new Progress({ ...recorder(), out });
    progress.expect('a-stack', 2);
    await progress.notify(event('A', 'CREATE_IN_PROGRESS', 1));
    progress.flush();
    expect(shown.lines).toEqual({ 'a-stack': { done: 0, total: 2, waitingFor: 'SQS::Queue A' } });
    await progress.notify(event('A', 'CREATE_FAILED', 2, 'no'));
    progress.event(own('ROLLBACK_COMPLETE'));
    progress.flush();
    expect(shown).toEqual({
      lines: {},
      printed: '  a-stack: cannot create SQS::Queue A: no\na-stack: rolled back, 0 resources in 0 s\n',
    });
  });
});
