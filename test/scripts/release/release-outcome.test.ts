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
  test('a requested approval is an outcome, and so is an older execution in the way', () => {
    const asked = snapshot('InProgress', {
      actions: [action('Source', 'Succeeded'), action('Approval', 'InProgress')],
    });
    const behind = snapshot('InProgress', { behind: { id: 'e-0', revision: 'software/shop/0.zip' } });
    expect([asked, behind].map(releaseOutcome)).toEqual([{ kind: 'waiting' }, { kind: 'waiting' }]);
    expect(releaseOutcome({ ...asked, execution: { id: 'e-1', status: 'Stopping' } })).toBeUndefined();
  });
  test('nor is an execution whose deployment or rollback is in progress', () => {
    const going = deployment('InProgress', {});
    expect(releaseOutcome(snapshot('Stopped', { deployment: going }))).toBeUndefined();
    expect(
      releaseOutcome(snapshot('Failed', { deployment: deployment('Failed', {}), rollback: going })),
    ).toBeUndefined();
  });
  test('the final states of CodePipeline', () => {
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
function error(moment: Snapshot, needsApproval = false) {
  const outcome = releaseOutcome(moment);
  const found =
    outcome && errorOf(pipeline, { place: { tenant: 'shop', environment: 'dev' }, needsApproval }, outcome, moment);
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
      'the script left a process in the background that keeps its output open: redirect both outputs of that process, in a shell by > FILE 2>&1 before the &, and push',
    ],
  ])('%s has a hint of its own', (message, hint) => {
    const failed = event('Install', 'Failed', { error: { code: 'UnknownError', script: '', message, logTail: '' } });
    const moment = snapshot('Failed', {
      actions: [failedDeploy],
      deployment: deployment('Failed', { 'i-1': [failed] }),
    });
    expect(error(moment)?.hint).toBe(hint);
  });
  const begun = 'LifecycleEvent - AfterInstall\nScript - hooks/a.sh\n';
  test.each([
    [
      'failed with error Errno::ENOENT with message No such file or directory - /opt/hooks/a.sh',
      begun,
      "no program that the script's first line names",
    ],
    ['failed with exit code ', begun, 'a signal ended the script'],
    ['failed with exit code 1', begun, 'the script printed nothing before it failed'],
    // Of a line of more than 2048 characters the agent keeps nothing at all.
    ['failed with exit code 1', '', 'fix the script and push; `vendhost host logs'],
    ['failed with exit code 1', `${begun}[stderr]no such table\n`, 'fix the script and push; `vendhost host logs'],
    [
      'run as user www-data failed with exit code 1',
      `${begun}[stdout]This account is currently not available.\n`,
      'and have a login shell',
    ],
    [
      'run as user deploy failed with exit code 1',
      `${begun}[stderr]su: user deploy does not exist or the user entry does not contain all the required fields\n`,
      'the user must be there',
    ],
  ])('a script that %s, with the log %j', (how, logTail, hint) => {
    const message = `Script at specified location: hooks/a.sh ${how}`;
    const failed = event('AfterInstall', 'Failed', {
      error: { code: 'ScriptFailed', script: 'hooks/a.sh', message, logTail },
    });
    const targets = { 'i-1': [failed] };
    expect(error(snapshot('Failed', { deployment: deployment('Failed', targets) }))?.hint).toContain(hint);
  });
  test('a script whose output the agent could not report', () => {
    const failed = event('AfterInstall', 'Failed', {
      error: {
        ...{ code: 'UnknownError', script: 'hooks/a.sh', message: 'Attempting minimal diagnostics' },
        logTail: 'Exception JSON::GeneratorError occured',
      },
    });
    const moment = snapshot('Failed', { deployment: deployment('Failed', { 'i-1': [failed] }) });
    expect(error(moment)?.hint).toMatch(/not UTF-8: `vendhost host logs .* --hook AfterInstall` shows it$/);
  });
  test.each([
    ['AllowTraffic', 'i-1 is unhealthy', 'no script failed: the software does not answer the health check'],
    ['BlockTraffic', 'i-1 is still draining', 'the instance did not leave the load balancer'],
    ['DownloadBundle', 'access denied', 'the instance could not download the revision'],
    ['Install', 'The specified file does not exist', 'no script failed: correct appspec.yml'],
    [
      'BeforeBlockTraffic',
      'CodeDeploy agent was not able to receive the lifecycle event. Check the CodeDeploy agent logs on your host',
      'does not answer: replace the instance with `vendhost host replace --tenant shop --environment dev --instance i-1`',
    ],
  ])('%s, where no script failed: %s', (name, message, hint) => {
    const failed = event(name, 'Failed', { error: { code: 'UnknownError', script: '', message, logTail: '' } });
    const targets = { 'i-1': [failed] };
    expect(error(snapshot('Failed', { deployment: deployment('Failed', targets) }))?.hint).toContain(hint);
  });
  test("a failing script of the previous revision is not this one's fault; a rollback that ran it failed too", () => {
    const stop = { ...scriptError, script: 'hooks/stop.sh', message: 'exit code 1', logTail: '' };
    const targets = { 'i-1': [event('ApplicationStop', 'Failed', { error: stop })] };
    const rollback = deployment('Failed', targets, { id: 'd-2' });
    const moment = snapshot('Failed', { deployment: deployment('Failed', targets), rollback });
    const found = error(moment);
    expect(found?.details).toEqual([
      'i-1 ApplicationStop: ScriptFailed hooks/stop.sh: exit code 1',
      'ApplicationStop, BeforeBlockTraffic and AfterBlockTraffic run from the revision that was released before, not from this one',
      'rollback d-2: failed, to the revision that was deployed last',
      '  i-1 ApplicationStop failed too, on the same script hooks/stop.sh: the instance is not in service',
    ]);
    expect(found?.hint).toBe(
      'the script belongs to the revision that is on the instance, so no push changes it: correct it for the next release, push with the CI/CD variable VENDHOST_IGNORE_STOP_FAILURES=true set in the project, and remove the variable again',
    );
    expect(error(moment, true)?.hint).toContain(
      'ask the platform team to run `vendhost release start --ignore-stop-failures',
    );
  });
  test("the load balancer's own reason", () => {
    const failed = event('AllowTraffic', 'Failed', {
      error: { code: 'UnknownError', script: '', message: 'unhealthy', logTail: '' },
    });
    const health = { 'i-1': 'GET / on port 8080 answered 500, wanted 200', 'i-2': 'another' };
    const moment = snapshot('Failed', { deployment: deployment('Failed', { 'i-1': [failed] }), health });
    expect(error(moment)?.details).toEqual([
      'i-1 AllowTraffic: UnknownError: unhealthy',
      '  GET / on port 8080 answered 500, wanted 200',
    ]);
  });
  test('success, superseded and waiting are no errors', () => {
    const waiting = snapshot('InProgress', { actions: [action('Approval', 'InProgress')] });
    expect([snapshot('Succeeded'), snapshot('Superseded'), waiting].map((moment) => error(moment))).toEqual(
      Array(3).fill(undefined),
    );
  });
  test('an expired approval is not a rejection by somebody', () => {
    const expired = action('Approval', 'Failed', { error: { code: 'Timeout', message: 'The action timed out' } });
    expect(error(snapshot('Failed', { actions: [expired] }))).toMatchObject({
      code: 'RELEASE_REJECTED',
      message: 'nobody answered the approval of e-1 in time: The action timed out',
      hint: 'nothing was deployed; retry the job: it asks again',
    });
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
      hint: 'fix the script and push; `vendhost host logs --tenant shop --environment dev --hook AfterInstall` shows all that it printed',
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
  test('an execution that failed without a message', () => {
    expect(error(snapshot('Failed'))?.message).toBe('vendhost-dev-shop failed: no reason is given');
  });
  test('stopped and rejected have their own errors', () => {
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
