import {
  BatchGetDeploymentsCommand,
  ContinueDeploymentCommand,
  CreateDeploymentConfigCommand,
  GetDeploymentConfigCommand,
  GetDeploymentGroupCommand,
  ListApplicationRevisionsCommand,
  ListDeploymentsCommand,
  StopDeploymentCommand,
} from '@aws-sdk/client-codedeploy';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { diagnostics, events } from '../../builders/deployment-outcome.ts';
import { Deployments } from '../../builders/deployments.ts';
import { type Files, script } from '../../builders/revision.ts';
import { callQuery } from '../clients.ts';

const { endpoint } = inject('localCloud');
const account = '660000000001';
const cloud = new Deployments(endpoint, account, 'lantern');

/** A revision that installs `page` and shows itself at ValidateService; BeforeInstall may take so many seconds. */
function revision(page: string, changes: Files = {}, patience = 600): Files {
  return {
    'appspec.yml': `
version: 0.0
os: linux
files:
  - source: site
    destination: /srv/lantern
permissions:
  - object: /srv/lantern
    pattern: "*.html"
    owner: admin
    mode: 640
    type: [file]
hooks:
  ApplicationStop:
    - location: hooks/stop.sh
  BeforeInstall:
    - location: hooks/before.sh
      timeout: ${patience}
  ApplicationStart:
    - location: hooks/start.sh
      runas: admin
  ValidateService:
    - location: hooks/validate.sh
`,
    'site/index.html': `${page}\n`,
    'hooks/stop.sh': script(`echo stop ${page}`),
    'hooks/before.sh': script('echo "$LIFECYCLE_EVENT of $APPLICATION_NAME/$DEPLOYMENT_GROUP_NAME" >&2'),
    'hooks/start.sh': script('id -un', 'stat -c "%a %U %n" /srv/lantern/*'),
    'hooks/validate.sh': script('cat /srv/lantern/index.html'),
    ...changes,
  };
}

beforeAll(async () => {
  await cloud.prepare();
});

test('the installer of the agent can be had without credentials', async () => {
  const response = await fetch(`${endpoint}/aws-codedeploy-eu-west-1/latest/install`);
  expect(response.status).toBe(200);
  expect(await response.text()).toMatch(/^#!\/bin\/sh\n/);
});

describe('on an instance with the agent', () => {
  beforeAll(async () => {
    await cloud.launch('one');
    await cloud.group('one', { autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] } });
  });

  test('a revision is installed and its hooks run in order', async () => {
    const outcome = await cloud.deploy('one', revision('first'));
    expect(outcome.status).toBe('Succeeded');
    expect(outcome.info.deploymentOverview).toMatchObject({ Succeeded: 1, Failed: 0 });
    expect(Object.entries(events(outcome))).toEqual(
      [
        'ApplicationStop',
        'DownloadBundle',
        'BeforeInstall',
        'Install',
        'AfterInstall',
        'ApplicationStart',
        'ValidateService',
      ].map((event) => [event, 'Succeeded']),
    );
    expect(diagnostics(outcome, 'BeforeInstall')?.logTail).toBe(
      'LifecycleEvent - BeforeInstall\nScript - hooks/before.sh\n[stderr]BeforeInstall of lantern/one\n',
    );
    expect(diagnostics(outcome, 'ApplicationStart')?.logTail).toContain(
      '[stdout]admin\n[stdout]640 admin /srv/lantern/index.html\n',
    );
    expect(diagnostics(outcome, 'ValidateService')?.logTail).toContain('[stdout]first\n');
  });

  test('the next one stops the last, replaces its files and removes those that are gone', async () => {
    await cloud.deploy('one', revision('second', { 'site/old.html': 'old' }));
    const outcome = await cloud.deploy('one', revision('third'));
    expect(outcome.status).toBe('Succeeded');
    expect(diagnostics(outcome, 'ApplicationStop')?.logTail).toContain('[stdout]stop second\n');
    expect(diagnostics(outcome, 'ApplicationStart')?.logTail).not.toContain('old.html');
    expect(diagnostics(outcome, 'ValidateService')?.logTail).toContain('[stdout]third\n');
  });

  test('a failing script fails the deployment, and the last good revision comes back', async () => {
    const broken = { 'hooks/validate.sh': script('echo looking', 'echo "no answer" >&2', 'exit 3') };
    const outcome = await cloud.deploy('one', revision('fourth', broken));
    expect(outcome.status).toBe('Failed');
    expect(outcome.info.errorInformation?.code).toBe('HEALTH_CONSTRAINTS');
    expect(events(outcome)).toMatchObject({ ApplicationStart: 'Succeeded', ValidateService: 'Failed' });
    expect(diagnostics(outcome, 'ValidateService')).toMatchObject({
      errorCode: 'ScriptFailed',
      scriptName: 'hooks/validate.sh',
      message: 'Script at specified location: hooks/validate.sh failed with exit code 3',
    });
    const lines = diagnostics(outcome, 'ValidateService')?.logTail?.split('\n');
    expect(lines?.slice(0, 2)).toEqual(['LifecycleEvent - ValidateService', 'Script - hooks/validate.sh']);
    expect(lines?.slice(2).sort()).toEqual(['', '[stderr]no answer', '[stdout]looking']);

    const rollback = await cloud.ended(outcome.info.rollbackInfo?.rollbackDeploymentId ?? '');
    expect(rollback.info).toMatchObject({
      status: 'Succeeded',
      creator: 'codeDeployRollback',
      rollbackInfo: { rollbackTriggeringDeploymentId: outcome.info.deploymentId },
    });
    expect(diagnostics(rollback, 'ValidateService')?.logTail).toContain('[stdout]third\n');
  });

  test('a script that takes too long is ended', async () => {
    const slow = { 'hooks/before.sh': script('echo waiting', 'sleep 600') };
    const outcome = await cloud.deploy('one', revision('fifth', slow, 5));
    expect(diagnostics(outcome, 'BeforeInstall')).toMatchObject({
      errorCode: 'ScriptTimedOut',
      message: 'Script at specified location: hooks/before.sh failed to complete in 5 seconds',
      logTail: 'LifecycleEvent - BeforeInstall\nScript - hooks/before.sh\n[stdout]waiting\n',
    });
    expect(events(outcome)).toMatchObject({ BeforeInstall: 'Failed', Install: 'Skipped', ValidateService: 'Skipped' });
    await cloud.ended(outcome.info.rollbackInfo?.rollbackDeploymentId ?? '');
  });

  test('a stopped deployment ends its script, also one of another user; meanwhile there is no second one', async () => {
    const slow = { 'hooks/start.sh': script('echo waiting', 'sleep 611') };
    const deploymentId = await cloud.start('one', revision('sixth', slow));
    await expect
      .poll(async () => events(await cloud.outcome(deploymentId)))
      .toMatchObject({ ApplicationStart: 'InProgress' });
    await expect(cloud.start('one', revision('seventh'))).rejects.toMatchObject({
      name: 'DeploymentLimitExceededException',
      message: `The Deployment Group 'one' already has an active Deployment '${deploymentId}'`,
    });
    await cloud.codedeploy.send(new StopDeploymentCommand({ deploymentId }));
    const outcome = await cloud.ended(deploymentId);
    expect(outcome.status).toBe('Stopped');
    expect(events(outcome)).toMatchObject({ ApplicationStart: 'Failed', ValidateService: 'Skipped' });
    expect(outcome.info.rollbackInfo).toBeUndefined();
    await expect(cloud.codedeploy.send(new StopDeploymentCommand({ deploymentId }))).rejects.toMatchObject({
      name: 'DeploymentAlreadyCompletedException',
    });

    const after = await cloud.deploy(
      'one',
      revision('eighth', { 'hooks/validate.sh': script('pgrep -xf "sleep 611" || echo gone') }),
    );
    expect(diagnostics(after, 'ValidateService')?.logTail).toContain('[stdout]gone\n');
  });

  test('the group and the application remember', async () => {
    const { deploymentGroupInfo: group } = await cloud.codedeploy.send(
      new GetDeploymentGroupCommand({ applicationName: 'lantern', deploymentGroupName: 'one' }),
    );
    expect(group?.lastSuccessfulDeployment?.status).toBe('Succeeded');
    const { deployments = [] } = await cloud.codedeploy.send(
      new ListDeploymentsCommand({
        applicationName: 'lantern',
        deploymentGroupName: 'one',
        includeOnlyStatuses: ['Succeeded'],
      }),
    );
    expect(deployments[0]).toBe(group?.lastSuccessfulDeployment?.deploymentId);
    const { deploymentsInfo } = await cloud.codedeploy.send(
      new BatchGetDeploymentsCommand({ deploymentIds: deployments }),
    );
    expect(new Set(deploymentsInfo?.map(({ status }) => status))).toEqual(new Set(['Succeeded']));
    const { revisions } = await cloud.codedeploy.send(
      new ListApplicationRevisionsCommand({ applicationName: 'lantern' }),
    );
    expect(revisions).toContainEqual(group?.targetRevision);
  });
});

test('an alarm stops the deployment', async () => {
  const monitoring = (parameters: Record<string, string>) => callQuery(endpoint, account, 'monitoring', parameters);
  const metric = { Namespace: 'lantern', MetricName: 'errors', Statistic: 'Sum', Period: '60', EvaluationPeriods: '1' };
  const threshold = { Threshold: '1', ComparisonOperator: 'GreaterThanThreshold' };
  await monitoring({ Action: 'PutMetricAlarm', AlarmName: 'errors', ...metric, ...threshold });
  await cloud.launch('watched');
  await cloud.group('watched', { alarmConfiguration: { enabled: true, alarms: [{ name: 'errors' }] } });
  const quiet = await cloud.deploy('watched', { 'appspec.yml': 'version: 0.0\nos: linux\n' });
  expect(quiet.status).toBe('Succeeded');
  const deploymentId = await cloud.start('watched', revision('any', { 'hooks/start.sh': script('sleep 600') }));
  await monitoring({ Action: 'SetAlarmState', AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'a test' });
  const stopped = await cloud.ended(deploymentId);
  expect(stopped).toMatchObject({ status: 'Stopped', info: { errorInformation: { code: 'ALARM_ACTIVE' } } });
  expect(stopped.info.errorInformation?.message).toContain('Activated alarms: errors');
});

describe('several instances', () => {
  const onRole = (role: string) => ({
    'appspec.yml': 'version: 0.0\nos: linux\nhooks:\n  ValidateService:\n    - location: check.sh\n',
    'check.sh': script(`[ "$(cat /etc/role)" != "${role}" ]`),
  });

  beforeAll(async () => {
    await cloud.launch('pair', { role: 'first' });
    await cloud.launch('pair', { role: 'second' });
    await cloud.group('pair', { deploymentConfigName: 'CodeDeployDefault.OneAtATime' });
  });

  const statuses = async (role: string, deploymentConfigName: string) => {
    const outcome = await cloud.deploy('pair', onRole(role), { deploymentConfigName });
    return [outcome.status, ...outcome.targets.map(({ status }) => status)];
  };

  test('one at a time: the first failure ends it, that of the last does not', async () => {
    expect(await statuses('first', 'CodeDeployDefault.OneAtATime')).toEqual(['Failed', 'Failed', 'Skipped']);
    expect(await statuses('second', 'CodeDeployDefault.OneAtATime')).toEqual(['Succeeded', 'Succeeded', 'Failed']);
  });

  test('all at once: one success is enough', async () => {
    expect(await statuses('first', 'CodeDeployDefault.AllAtOnce')).toEqual(['Succeeded', 'Failed', 'Succeeded']);
  });

  test('no deployment starts when more hosts must stay healthy than there are', async () => {
    const minimumHealthyHosts = { type: 'HOST_COUNT' as const, value: 2 };
    await cloud.codedeploy.send(
      new CreateDeploymentConfigCommand({ deploymentConfigName: 'both', minimumHealthyHosts }),
    );
    const outcome = await cloud.deploy('pair', onRole('none'), { deploymentConfigName: 'both' });
    expect(outcome.info.errorInformation?.code).toBe('HEALTH_CONSTRAINTS_INVALID');
    expect(outcome.targets.map(({ status }) => status)).toEqual(['Skipped', 'Skipped']);
  });
});

describe('refusals', () => {
  test('no instances', async () => {
    await cloud.group('nobody');
    const outcome = await cloud.deploy('nobody', revision('any'));
    expect(outcome).toMatchObject({ status: 'Failed', info: { errorInformation: { code: 'NO_INSTANCES' } } });
  });

  test('an instance without the agent never reports', async () => {
    await cloud.launch('silent', { agent: false });
    await cloud.group('silent');
    const outcome = await cloud.deploy('silent', revision('any'));
    expect(outcome.status).toBe('Failed');
    expect(diagnostics(outcome, 'ApplicationStop')?.message).toMatch(
      /not able to receive the lifecycle event.*No agent was started/,
    );
  });

  test.each([
    ['blue/green', { deploymentStyle: { deploymentType: 'BLUE_GREEN' as const } }, /not support blue\/green/],
    ['triggers', { triggerConfigurations: [{ triggerName: 'a' }] }, /not support .* triggerConfigurations/],
    ['an unknown configuration', { deploymentConfigName: 'none' }, /No deployment configuration found: none/],
    ['an unknown Auto Scaling group', { autoScalingGroups: ['none'] }, /no Auto Scaling group: none/],
    [
      'traffic control without a target group',
      { deploymentStyle: { deploymentOption: 'WITH_TRAFFIC_CONTROL' as const } },
      /targetGroupInfoList/,
    ],
  ])('%s', async (_, settings, message) => {
    await expect(cloud.group('refused', settings)).rejects.toThrow(message);
  });

  test('operations the local cloud does not play', async () => {
    await expect(cloud.codedeploy.send(new ContinueDeploymentCommand({ deploymentId: 'd-1' }))).rejects.toMatchObject({
      name: 'UnsupportedOperation',
      message: 'the local cloud does not support codedeploy:ContinueDeployment',
    });
  });

  test("AWS's own errors", async () => {
    await expect(cloud.start('none', revision('any'))).rejects.toMatchObject({
      name: 'DeploymentGroupDoesNotExistException',
    });
    await expect(cloud.outcome('xx')).rejects.toMatchObject({ name: 'InvalidDeploymentIdException' });
    await expect(cloud.outcome('d-000000000')).rejects.toMatchObject({ name: 'DeploymentDoesNotExistException' });
    const missing = new GetDeploymentConfigCommand({ deploymentConfigName: 'none' });
    await expect(cloud.codedeploy.send(missing)).rejects.toMatchObject({
      name: 'DeploymentConfigDoesNotExistException',
    });
  });
});
