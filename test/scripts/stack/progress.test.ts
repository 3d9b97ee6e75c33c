import { describe, expect, test } from 'vitest';
import { Progress, type ResourceEvent, stackDoing } from '../../../scripts/stack/progress.ts';
import { recorder } from '../../builders/recorder.ts';
import { shownAt } from '../../builders/shown.ts';

const start = Date.UTC(2026, 0, 1);

function event(logicalId: string, status: string, seconds = 0, reason?: string): ResourceEvent {
  return { stack: 'a-stack', logicalId, type: 'AWS::SQS::Queue', status, reason, at: start + seconds * 1000 };
}

describe('Progress', () => {
  test('says of each resource what the last event of a poll says', () => {
    const runtime = recorder();
    const progress = new Progress(runtime);
    progress.event(event('A', 'CREATE_IN_PROGRESS', 1));
    progress.event(event('A', 'CREATE_COMPLETE', 2));
    progress.event(event('B', 'CREATE_IN_PROGRESS', 2));
    progress.flush();
    progress.event(event('B', 'CREATE_IN_PROGRESS', 3));
    progress.flush();
    progress.event(event('B', 'CREATE_COMPLETE', 9));
    progress.flush();
    expect(runtime.progress()).toEqual([
      '  a-stack: created SQS::Queue A',
      '  a-stack: creating SQS::Queue B',
      '  a-stack: created SQS::Queue B',
    ]);
  });

  test('events of one moment may come in any order', () => {
    const runtime = recorder();
    const progress = new Progress(runtime);
    progress.event(event('A', 'CREATE_COMPLETE'));
    progress.event(event('A', 'CREATE_IN_PROGRESS'));
    progress.flush();
    expect(runtime.progress()).toEqual(['  a-stack: created SQS::Queue A']);
  });

  test('prints by itself at the end of the turn', async () => {
    const runtime = recorder();
    new Progress(runtime).event(event('A', 'DELETE_COMPLETE'));
    await expect.poll(() => runtime.progress(), { timeout: 20_000 }).toEqual(['  a-stack: deleted SQS::Queue A']);
  });

  test('keeps failures with their reasons, but not those that follow from another', () => {
    const runtime = recorder();
    const progress = new Progress(runtime);
    progress.event(event('A', 'CREATE_FAILED', 1, 'the name is taken'));
    progress.event(event('B', 'CREATE_FAILED', 1, 'Resource creation cancelled'));
    expect(progress.failures).toEqual([
      expect.objectContaining({ logicalId: 'A', type: 'AWS::SQS::Queue', reason: 'the name is taken' }),
    ]);
    expect(runtime.progress()).toContain('  a-stack: cannot create SQS::Queue A: the name is taken');
  });

  test('says of a resource that is retained that it is kept', () => {
    const runtime = recorder();
    const progress = new Progress(runtime);
    progress.event(event('A', 'DELETE_SKIPPED'));
    progress.flush();
    expect(runtime.progress()).toEqual(['  a-stack: keeping SQS::Queue A']);
  });

  test('that the stack itself failed is a consequence', () => {
    const progress = new Progress(recorder());
    const stack = { stack: 'a-stack', logicalId: 'a-stack', type: 'AWS::CloudFormation::Stack', at: start };
    progress.event({ ...stack, status: 'UPDATE_ROLLBACK_FAILED', reason: 'The following resources failed: [A].' });
    expect(progress.failures).toEqual([]);
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

  test('it has one line while it goes on and one when it has ended; what failed is printed', () => {
    const { out, shown } = shownAt(() => 0);
    const progress = new Progress({ ...recorder(), out });
    progress.expect('a-stack', 2);
    progress.event(event('A', 'CREATE_IN_PROGRESS', 1));
    progress.flush();
    expect(shown.lines).toEqual({ 'a-stack': { done: 0, total: 2, waitingFor: 'SQS::Queue A' } });
    progress.event(event('A', 'CREATE_FAILED', 2, 'no'));
    progress.event(own('ROLLBACK_COMPLETE'));
    progress.flush();
    expect(shown).toEqual({
      lines: {},
      printed: '  a-stack: cannot create SQS::Queue A: no\na-stack: rolled back, 0 resources in 0 s\n',
    });
  });
});
