import { describe, expect, test } from 'vitest';
import { errorOf, releaseOutcome } from '../../../scripts/release/release-outcome.ts';
import type { Snapshot } from '../../../scripts/release/snapshot.ts';
import { action, deployment, event, pipeline, snapshot } from './snapshots.ts';

const failedDeploy = action('Deploy', 'Failed', {
  externalId: 'd-1',
  error: { code: 'JobFailed', message: 'Deployment d-1\nfailed' },
});
const scriptError = {
  code: 'ScriptFailed',
  script: 'hooks/migrate.sh',
  message: 'Script at specified location: hooks/migrate.sh\nfailed with exit code 1',
  logTail: 'LifecycleEvent - AfterInstall\n[stderr]no such table\n',
};

describe('outcomeOf', () => {
  test.each(['InProgress', 'Stopping'])('%s is no outcome', (status) => {
    expect(releaseOutcome(snapshot(status))).toBeUndefined();
  });
  test('nor is an execution whose deployment or rollback goes on', () => {
    const going = deployment('InProgress', {});
    expect(releaseOutcome(snapshot('Stopped', { deployment: going }))).toBeUndefined();
    expect(
      releaseOutcome(snapshot('Failed', { deployment: deployment('Failed', {}), rollback: going })),
    ).toBeUndefined();
  });
  test('the states CodePipeline ends in', () => {
    const kinds = ['Succeeded', 'Superseded', 'Stopped', 'Cancelled', 'Failed'].map(
      (status) => releaseOutcome(snapshot(status))?.kind,
    );
    expect(kinds).toEqual(['succeeded', 'superseded', 'stopped', 'stopped', 'failed']);
  });
  test('a failed approval is a rejection', () => {
    const rejection = action('Approval', 'Failed');
    expect(releaseOutcome(snapshot('Failed', { actions: [rejection] }))).toEqual({
      kind: 'rejected',
      action: rejection,
    });
  });
});

/** The error a job ends with, as plain data. */
function error(moment: Snapshot) {
  const outcome = releaseOutcome(moment);
  const found = outcome && errorOf(pipeline, outcome, moment);
  return (
    found && {
      code: found.code,
      message: found.message,
      details: found.details,
      hint: found.hint,
      exit: found.exitCode,
    }
  );
}

describe('errorOf', () => {
  test.each([
    [
      'The deployment failed because a specified file already exists at this location: /opt/shop/app/cache.txt',
      'write file_exists_behavior: OVERWRITE at the top of appspec.yml, or remove the file in a BeforeInstall script; then push',
    ],
    [
      'Script at specified location: hooks/start.sh failed to close STDOUT',
      'the script left a process in the background that keeps its output open: add > FILE 2>&1 before the &, and push',
    ],
  ])('%s has a hint of its own', (message, hint) => {
    const failed = event('Install', 'Failed', { error: { code: 'UnknownError', script: '', message, logTail: '' } });
    const moment = snapshot('Failed', {
      actions: [failedDeploy],
      deployment: deployment('Failed', { 'i-1': [failed] }),
    });
    expect(error(moment)?.hint).toBe(hint);
  });
  test('success and superseded are none', () => {
    expect([error(snapshot('Succeeded')), error(snapshot('Superseded'))]).toEqual([undefined, undefined]);
  });
  test('a hook that failed: per instance event, script, message and log tail', () => {
    const failed = deployment('Failed', {
      'i-1': [event('Install', 'Succeeded'), event('AfterInstall', 'Failed', { error: scriptError })],
      'i-2': [event('AfterInstall', 'Skipped')],
      'i-3': [event('AfterInstall', 'Failed', { error: { ...scriptError, logTail: '' } })],
    });
    const rollback = deployment('Succeeded', {}, { id: 'd-2' });
    expect(error(snapshot('Failed', { actions: [failedDeploy], deployment: failed, rollback }))).toEqual({
      code: 'RELEASE_FAILED',
      message: 'AfterInstall failed on 2 of 3 instances of vendhost-dev-shop',
      details: [
        'i-1 AfterInstall: ScriptFailed hooks/migrate.sh: Script at specified location: hooks/migrate.sh failed with exit code 1',
        '  LifecycleEvent - AfterInstall',
        '  [stderr]no such table',
        'i-3 AfterInstall: ScriptFailed hooks/migrate.sh: Script at specified location: hooks/migrate.sh failed with exit code 1',
        'rollback d-2: succeeded, to the revision that was deployed last',
      ],
      hint: 'fix the script and push; the platform team finds the whole log on the instance, in /opt/codedeploy-agent/deployment-root/deployment-logs',
      exit: 1,
    });
  });
  test('a deployment that reached no instance says why', () => {
    const failed = deployment('Failed', {}, { error: { code: 'NO_INSTANCES', message: 'no instances\nwere found' } });
    expect(error(snapshot('Failed', { actions: [failedDeploy], deployment: failed }))).toMatchObject({
      code: 'RELEASE_FAILED',
      message: 'Deploy failed: no instances were found',
      details: ['deployment d-1 of vendhost-dev-shop'],
    });
  });
  test('an action that failed without a deployment', () => {
    const refused = action('Source', 'Failed', { error: { code: 'ConfigurationError', message: 'access denied' } });
    expect(error(snapshot('Failed', { actions: [refused] }))).toMatchObject({
      message: 'Source failed: access denied',
      details: [],
    });
  });
  test('an execution that failed without a word', () => {
    expect(error(snapshot('Failed'))?.message).toBe('vendhost-dev-shop failed: no reason is given');
  });
  test('stopped and rejected have errors of their own', () => {
    const stopped: Snapshot = {
      ...snapshot('Stopped'),
      execution: { id: 'e-1', status: 'Stopped', summary: 'by hand' },
    };
    expect(error(stopped)).toMatchObject({
      code: 'RELEASE_STOPPED',
      message: 'the execution e-1 of vendhost-dev-shop was stopped: by hand',
    });
    const rejection = action('Approval', 'Failed', { updatedBy: 'arn:eve', summary: 'not today' });
    expect(error(snapshot('Failed', { actions: [rejection] }))).toMatchObject({
      code: 'RELEASE_REJECTED',
      message: 'the release was not approved by arn:eve: not today',
    });
  });
});
