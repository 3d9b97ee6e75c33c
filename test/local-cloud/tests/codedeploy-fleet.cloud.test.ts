import {
  CreateAutoScalingGroupCommand,
  DeleteLifecycleHookCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
  SetDesiredCapacityCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  DeleteDeploymentGroupCommand,
  ListDeploymentsCommand,
  UpdateDeploymentGroupCommand,
} from '@aws-sdk/client-codedeploy';
import { CreateRuleCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { beforeAll, expect, inject, test } from 'vitest';
import { diagnostics, events, failures } from '../../builders/deployment-outcome.ts';
import { Deployments } from '../../builders/deployments.ts';
import { script } from '../../builders/revision.ts';
import { eventually, Fleet } from './fleet.ts';

const { endpoint } = inject('localCloud');
const account = '660000000003';
const cloud = new Deployments(endpoint, account, 'harbour');
const fleet = new Fleet(endpoint, account);
let targetGroup: string;

const head = 'version: 0.0\nos: linux\n';
/** Serves `page` on port 8080 of the instance's own address. */
const site = (page: string) => ({
  'appspec.yml': `${head}
files:
  - source: site
    destination: /srv/site
hooks:
  BeforeBlockTraffic:
    - location: say.sh
  ApplicationStop:
    - location: stop.sh
  ApplicationStart:
    - location: start.sh
  AfterAllowTraffic:
    - location: say.sh
`,
  'site/ok': page,
  'say.sh': script(`echo ${page}`),
  // Its port is free again when it has ended, not when it is told to end.
  'stop.sh': script('pkill -f http.server || exit 0', 'while pgrep -f http.server > /dev/null; do sleep 0.05; done'),
  'start.sh': script(
    'cd /srv/site',
    'setsid python3 -m http.server 8080 --bind "$(hostname -i)" > /dev/null 2>&1 < /dev/null &',
  ),
});

async function members(): Promise<{ id: string; state: string }[]> {
  const request = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['harbour'] });
  const { AutoScalingGroups } = await fleet.scaling.send(request);
  return (AutoScalingGroups?.[0]?.Instances ?? []).map(({ InstanceId = '', LifecycleState = '' }) => ({
    id: InstanceId,
    state: LifecycleState,
  }));
}

beforeAll(async () => {
  await cloud.prepare();
  const listener = await fleet.listener('harbour');
  targetGroup = await fleet.targetGroup('harbour');
  await fleet.balancing.send(
    new CreateRuleCommand({
      ListenerArn: listener,
      Priority: 1,
      Conditions: [{ Field: 'host-header', Values: ['harbour.example.com'] }],
      Actions: [{ Type: 'forward', TargetGroupArn: targetGroup }],
    }),
  );
  const url = `${endpoint}/aws-codedeploy-eu-west-1/latest/install`;
  const template = await fleet.launchTemplate('harbour', {
    ImageId: await fleet.baseImage(),
    InstanceType: 't3.micro',
    UserData: btoa(script(`curl -fsS ${url} -o /tmp/install`, 'sh /tmp/install auto')),
  });
  await fleet.scaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: 'harbour',
      LaunchTemplate: { LaunchTemplateId: template, Version: '1' },
      MinSize: 1,
      MaxSize: 2,
      TargetGroupARNs: [targetGroup],
      VPCZoneIdentifier: fleet.subnet,
    }),
  );
  await eventually(async () => (await members()).some(({ state }) => state === 'InService'));
  await cloud.group('harbour', {
    ec2TagFilters: [],
    autoScalingGroups: ['harbour'],
    deploymentStyle: { deploymentType: 'IN_PLACE', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    loadBalancerInfo: { targetGroupInfoList: [{ name: 'harbour' }] },
  });
});

test('traffic goes away, the revision comes, traffic comes back to a healthy target', async () => {
  const first = await cloud.deploy('harbour', site('one'));
  expect(failures(first)).toEqual([]);
  expect(Object.entries(events(first))).toEqual(
    [
      'BeforeBlockTraffic',
      'BlockTraffic',
      'AfterBlockTraffic',
      'ApplicationStop',
      'DownloadBundle',
      'BeforeInstall',
      'Install',
      'AfterInstall',
      'ApplicationStart',
      'ValidateService',
      'BeforeAllowTraffic',
      'AllowTraffic',
      'AfterAllowTraffic',
    ].map((event) => [event, 'Succeeded']),
  );
  expect(diagnostics(first, 'BeforeBlockTraffic')?.logTail).toBe('');
  expect(Object.values(await fleet.health(targetGroup))).toEqual(['healthy']);
  const second = await cloud.deploy('harbour', site('two'));
  expect(failures(second)).toEqual([]);
  expect(diagnostics(second, 'BeforeBlockTraffic')?.logTail).toContain('[stdout]one\n');
  expect(diagnostics(second, 'AfterAllowTraffic')?.logTail).toContain('[stdout]two\n');
});

test('while a deployment has the instance, it is not in the target group', async () => {
  const slow = { ...site('three'), 'start.sh': script('sleep 2', 'exit 1') };
  const deploymentId = await cloud.start('harbour', slow);
  await eventually(async () => {
    const [target] = (await cloud.outcome(deploymentId)).targets;
    return (
      target?.lifecycleEvents?.find(({ lifecycleEventName }) => lifecycleEventName === 'Install')?.status ===
      'Succeeded'
    );
  });
  expect(await fleet.health(targetGroup)).toEqual({});
  const failed = await cloud.ended(deploymentId);
  expect(events(failed)).toMatchObject({ ApplicationStart: 'Failed', AllowTraffic: 'Skipped' });
  expect(await fleet.health(targetGroup)).toEqual({});
  await cloud.deploy('harbour', site('four'));
});

test('a new instance gets the last successful revision before it is in service', async () => {
  const [old] = await members();
  await fleet.scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: 'harbour', DesiredCapacity: 2 }));
  const added = await eventually(async () => {
    const found = (await members()).find(({ id, state }) => id !== old?.id && state === 'InService');
    return found?.id;
  });
  const { deployments = [] } = await cloud.codedeploy.send(
    new ListDeploymentsCommand({ applicationName: 'harbour', deploymentGroupName: 'harbour' }),
  );
  const launch = await cloud.ended(deployments[0] ?? '');
  expect(launch.info).toMatchObject({ creator: 'autoscaling', status: 'Succeeded' });
  expect(launch.targets.map(({ targetId }) => targetId)).toEqual([added]);
  expect(diagnostics(launch, 'AfterAllowTraffic')?.logTail).toContain('[stdout]four\n');
  expect(await fleet.health(targetGroup)).toMatchObject({ [added]: 'healthy' });
});

test('new instances wait for a hook in the group, which CodeDeploy puts back when it is gone', async () => {
  const AutoScalingGroupName = 'harbour';
  const hooks = async () =>
    (await fleet.scaling.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName }))).LifecycleHooks ?? [];
  const [hook] = await hooks();
  const { LifecycleHookName = '' } = hook ?? {};
  expect(hook).toMatchObject({
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
    HeartbeatTimeout: 600,
    DefaultResult: 'ABANDON',
  });
  await fleet.scaling.send(new DeleteLifecycleHookCommand({ AutoScalingGroupName, LifecycleHookName }));
  await fleet.scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity: 1 }));
  await eventually(async () => (await members()).length === 1);
  const newest = async () => {
    const request = new ListDeploymentsCommand({ applicationName: 'harbour', deploymentGroupName: 'harbour' });
    return (await cloud.codedeploy.send(request)).deployments?.[0];
  };
  const before = await newest();
  await fleet.scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity: 2 }));
  await eventually(async () => (await members()).filter(({ state }) => state === 'InService').length === 2);
  expect(await newest()).toBe(before);
  const update = { applicationName: 'harbour', currentDeploymentGroupName: 'harbour' };
  await cloud.codedeploy.send(new UpdateDeploymentGroupCommand(update));
  expect((await hooks()).map((one) => one.LifecycleHookName)).toEqual([LifecycleHookName]);
  const gone = new DeleteDeploymentGroupCommand({ applicationName: 'harbour', deploymentGroupName: 'harbour' });
  expect((await cloud.codedeploy.send(gone)).hooksNotCleanedUp).toEqual([]);
  expect(await hooks()).toEqual([]);
});
