import { expect, test } from 'vitest';
import type { RecordedExecution } from '../../../../scripts/release/history/executions.ts';
import { recordOf } from '../../../../scripts/release/history/release-record.ts';
import { stepBack } from '../../../../scripts/release/rollback/step-back.ts';

const push = { commit: 'c0ffee', branch: 'dev', author: 'Ada', message: 'A page', mergeRequest: '' };
const place = { tenant: 'shop', environment: 'dev' };

/** `3:A` succeeded with version A; `3:A!` failed; `3:A<2` took back execution 2. */
function history(...texts: string[]): RecordedExecution[] {
  return texts.map((text) => {
    const [, id = '', version = '', failed, of] = /^(\d+):(\w+)(!?)(?:<(\d+))?$/.exec(text) ?? [];
    const rollback = of === undefined ? undefined : { push, of };
    const started = { place, bucket: 'b', executionId: id, revision: `${version}.zip`, rollback };
    const record = recordOf({}, started, { push, image: '', startedAt: new Date(0) });
    return { id, version, status: failed ? 'Failed' : 'Succeeded', start: 0, update: 0, record };
  });
}

const deployed = (id: string, version: string) => ({ executionId: id, deploymentId: 'd-1', version });

test.each([
  ['the one before', history('2:B', '1:A'), deployed('2', 'B'), '1'],
  ['not one that failed', history('3:C', '2:B!', '1:A'), deployed('3', 'C'), '1'],
  ['not one with the same revision', history('3:B', '2:B', '1:A'), deployed('3', 'B'), '1'],
  ['after a failure, whose end nobody knows, the last that succeeded', history('3:C!', '2:B', '1:A'), undefined, '2'],
  [
    'after a failure that CodeDeploy took back, before what it went back to',
    history('3:C!', '2:B', '1:A'),
    deployed('2', 'B'),
    '1',
  ],
  ['after a rollback one more', history('4:B<3', '3:C', '2:B', '1:A'), deployed('4', 'B'), '1'],
  ['after two rollbacks one more', history('6:B<5', '5:C<4', '4:D', '3:C', '2:B', '1:A'), deployed('6', 'B'), '1'],
  [
    'after a push that followed a rollback, what that went back to',
    history('4:C', '3:A<2', '2:B', '1:A'),
    deployed('4', 'C'),
    '3',
  ],
  ['nothing before the first', history('1:A'), deployed('1', 'A'), undefined],
  ['nothing that was not read yet', history('4:B<3', '3:C'), deployed('4', 'B'), undefined],
  ['nothing where nothing is deployed', history('1:A!'), undefined, undefined],
])('%s', (_name, seen, runs, expected) => {
  expect(stepBack(seen, runs)?.id).toBe(expected);
});
