import { describe, expect, test } from 'vitest';
import { Progress, type ResourceEvent } from '../../../scripts/stack/progress.ts';
import { recorder } from '../../builders/recorder.ts';

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
