import { join } from 'node:path';
import {
  DeleteLifecycleHookCommand,
  DescribeLifecycleHooksCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  type MetricAlarm,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch';
import { UpdateDeploymentGroupCommand } from '@aws-sdk/client-codedeploy';
import {
  AllocateAddressCommand,
  CreateLaunchTemplateVersionCommand,
  DeregisterImageCommand,
  DescribeAddressesCommand,
  DescribeImagesCommand,
  ReleaseAddressCommand,
} from '@aws-sdk/client-ec2';
import { DeleteRuleCommand, DescribeRulesCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateTopicCommand, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readPlatformFacts } from '../../../../scripts/aws/read-facts.ts';
import { subjectComponents } from '../../../../scripts/config/tenant.ts';
import { checkDrift } from '../../../../scripts/drift/check-drift.ts';
import { checkIds } from '../../../../scripts/drift/check-ids.ts';
import { provisionHost } from '../../../../scripts/host/provision.ts';
import { deployPlatform } from '../../../../scripts/platform/deploy/deploy-platform.ts';
import type { Report } from '../../../../scripts/report/report.ts';
import { vendTenant } from '../../../../scripts/tenant/vend.ts';
import type { CloudAccount } from '../../../builders/account.ts';
import { makeRule } from '../../../builders/balancer.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../../builders/enforcing-cloud.ts';
import { makeImage } from '../../../builders/image.ts';
import type { Platform } from '../../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { recorder } from '../../../builders/recorder.ts';
import { writeTree } from '../../../builders/repository.ts';
import { type LocalGitlab, startLocalGitlab } from '../../../local-gitlab/api.ts';

/** With IAM enforced: what a person changes by hand, looked for with the roles that only read. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '720000000031';
const own = { project: 'acme/platform' };
const environment = 'dev' as const;
const name = 'vendhost-dev-shop';

let enforcing: EnforcingCloud;
let gitlab: LocalGitlab;
let repository: PlatformRepository;
let person: CloudAccount;
let platform: Platform;
let image: string;
let subscription: string;
let listener: string;

beforeAll(async () => {
  repository = await platformRepository(account);
  gitlab = await startLocalGitlab({ projects: ['acme/shop'] });
  enforcing = await startEnforcingCloud(repository.directory);
  await repository.certify(enforcing.cloud.endpoint);
  await repository.writePlatform({}, own);
  await repository.writeTenant('shop', { project: 'acme/shop', hosts: { dev: ['shop.dev.example.com'] } });
  person = enforcing.person(account);
  const where = { directory: repository.directory, environment, dryRun: false };
  await deployPlatform(person.runtime(), where);
  const vending = recorder({ ...person.env, ...token() });
  await vendTenant(vending, { ...where, tenant: 'shop', protectBranches: true });
  const facts = await readPlatformFacts(person.aws, environment);
  listener = facts['listener-arn'];
  platform = { ...person, environment, bucket: facts.bucket, facts, listeners: [] };
  image = await bake();
  await provision();
  await tellSomebody();
});
afterAll(async () => {
  await enforcing?.cloud.stop();
  await gitlab?.stop();
});

const token = () => ({ CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token });

async function bake(): Promise<string> {
  const debian = new DescribeImagesCommand({ Owners: ['136693071363'] });
  const { Images } = await (await person.aws.ec2()).send(debian);
  return await makeImage(platform, 'shop', { tags: { 'vendhost:source-ami': Images?.[0]?.ImageId ?? '' } });
}

/** The tenant's pipeline; what the report names for a host that is not as it was provisioned. */
async function provision(): Promise<void> {
  const directory = join(repository.directory, 'shop');
  await writeTree(directory, { 'vendhost.yml': 'instances: { min: 1, max: 1 }\ndatabase: none' });
  await provisionHost(person.runtime(), { tenant: 'shop', environment, directory, image, dryRun: false, full: true });
}

/** Alarms as they should be: with a topic, and somebody who is subscribed to it. */
async function tellSomebody(): Promise<void> {
  const sns = await person.aws.sns();
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'vendhost-dev-alerts' }));
  const queue = `arn:aws:sqs:eu-west-1:${account}:people`;
  const subscribe = new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queue, ReturnSubscriptionArn: true });
  subscription = (await sns.send(subscribe)).SubscriptionArn ?? '';
  for (const alarm of await alarms()) {
    await (await person.aws.cloudWatch()).send(
      new PutMetricAlarmCommand({ ...settings(alarm), AlarmActions: [TopicArn] }),
    );
  }
}

async function alarms(): Promise<MetricAlarm[]> {
  const { DescribeAlarmsCommand } = await import('@aws-sdk/client-cloudwatch');
  return (await (await person.aws.cloudWatch()).send(new DescribeAlarmsCommand({}))).MetricAlarms ?? [];
}

function settings(alarm: MetricAlarm) {
  const { AlarmName, MetricName, Namespace, Statistic, Dimensions, Period, Threshold, TreatMissingData } = alarm;
  const { ComparisonOperator, EvaluationPeriods } = alarm;
  const shared = { AlarmName, MetricName, Namespace, Statistic, Dimensions, Period, Threshold, TreatMissingData };
  return { ...shared, ComparisonOperator, EvaluationPeriods };
}

const checks = checkIds.filter((id) => id !== 'stacks');

/** What the plan role of the platform's project finds, by check: ids without what is before the check's own part. */
async function found(env: Readonly<Record<string, string>> = token()) {
  const runtime = await enforcing.job({ projectPath: own.project, ref: 'main' }, env);
  const options = { directory: repository.directory, environment, tenant: undefined, failOn: ['never'] as const };
  await checkDrift(runtime, {
    ...options,
    ignore: undefined,
    checks,
    shard: undefined,
    junit: undefined,
    page: undefined,
  });
  const { sections } = JSON.parse(runtime.printed()) as Report;
  expect(sections.map(({ id }) => id)).toEqual(checks.map((id) => `dev/${id}`));
  return Object.fromEntries(
    sections
      .filter(({ state }) => state !== 'clean')
      .map(({ id, findings }) => [id.slice('dev/'.length), findings.map((each) => each.id.slice(id.length + 1))]),
  );
}

test('nothing is found in what was just made', async () => {
  expect(await found()).toEqual({});
});

test("in the tenant's own project its instances and images are looked at, with its plan role", async () => {
  const runtime = await enforcing.job(
    { projectPath: 'acme/shop', projectId: 1, subjectComponents: subjectComponents.project_id, ref: 'feature' },
    {
      AWS_REGION: 'eu-west-1',
      VENDHOST_PLAN_ROLE_ARN: `arn:aws:iam::${account}:role/${name}-plan`,
    },
  );
  const options = {
    directory: join(repository.directory, 'shop'),
    environment,
    tenant: 'shop',
    failOn: ['never'] as const,
  };
  await checkDrift(runtime, {
    ...options,
    ignore: undefined,
    checks,
    shard: undefined,
    junit: undefined,
    page: undefined,
  });
  const { sections } = JSON.parse(runtime.printed()) as Report;
  expect(sections.flatMap(({ findings }) => findings)).toEqual([]);
  expect(sections.map(({ id, state }) => [id, state])).toEqual([
    ['dev/hosts', 'clean'],
    ['dev/images', 'clean'],
  ]);
});

test('without a token of GitLab its settings are not clean', async () => {
  expect(await found({})).toEqual({ gitlab: ['projects/not-checked'] });
});

test('a rule by hand', async () => {
  await makeRule(person.aws, listener, 77, 'by-hand');
  expect(await found()).toEqual({ ownership: [expect.stringMatching(/^RULE_WITHOUT_STACK\//)] });
  const elb = await person.aws.elb();
  const { Rules } = await elb.send(new DescribeRulesCommand({ ListenerArn: listener }));
  await elb.send(new DeleteRuleCommand({ RuleArn: Rules?.find(({ Priority }) => Priority === '77')?.RuleArn }));
  expect(await found()).toEqual({});
});

test('the hook of CodeDeploy is gone, and what the report says brings it back', async () => {
  const scaling = await person.aws.autoScaling();
  const { LifecycleHooks } = await scaling.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: name }));
  const LifecycleHookName = LifecycleHooks?.[0]?.LifecycleHookName;
  await scaling.send(new DeleteLifecycleHookCommand({ AutoScalingGroupName: name, LifecycleHookName }));
  expect(await found()).toEqual({ hosts: ['shop/launch-hook'] });
  const group = { applicationName: name, currentDeploymentGroupName: name, autoScalingGroups: [name] };
  await (await person.aws.codeDeploy()).send(new UpdateDeploymentGroupCommand(group));
  expect(await found()).toEqual({});
});

test('a group and a launch template that somebody changed, and the provision that puts them right', async () => {
  const [scaling, ec2] = [await person.aws.autoScaling(), await person.aws.ec2()];
  const template = { LaunchTemplateName: name };
  await ec2.send(
    new CreateLaunchTemplateVersionCommand({
      ...template,
      SourceVersion: '1',
      LaunchTemplateData: { EbsOptimized: true },
    }),
  );
  expect(await found()).toEqual({ hosts: ['shop/version-not-rolled-out'] });
  const set = (Version: string) =>
    scaling.send(
      new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: name, LaunchTemplate: { ...template, Version } }),
    );
  await set('$Latest');
  expect(await found()).toEqual({
    hosts: ['shop/group-version', 'shop/version-not-rolled-out', 'shop/instance-versions'],
  });
  await set('1');
  await provision();
  expect(await found()).toEqual({});
});

test('alarms that are switched off, and a topic that nobody is subscribed to', async () => {
  const cloudWatch = await person.aws.cloudWatch();
  const AlarmNames = [`${name}-host-server-errors`];
  await cloudWatch.send(new DisableAlarmActionsCommand({ AlarmNames }));
  await (await person.aws.sns()).send(new UnsubscribeCommand({ SubscriptionArn: subscription }));
  expect(await found()).toEqual({
    alarms: [`${name}-host-server-errors/actions-disabled`, 'vendhost-dev-alerts/nobody-subscribed'],
  });
  const [first] = await alarms();
  await cloudWatch.send(new PutMetricAlarmCommand({ ...settings(first ?? {}), AlarmActions: [] }));
  expect((await found()).alarms).toContain(`${first?.AlarmName}/no-action`);
  await cloudWatch.send(new EnableAlarmActionsCommand({ AlarmNames }));
  await tellSomebody();
  expect(await found()).toEqual({});
});

test('settings of the project that vending would change', async () => {
  const { state } = gitlab;
  const project = state.project('acme/shop');
  const [gone, other] = ['VENDHOST_ROLE_ARN', 'AWS_REGION'].map(
    (key) => project && state.variables(project).find((each) => each.key === key),
  );
  if (project === undefined || gone === undefined || other === undefined) throw new Error('the project is not vended');
  state.removeVariable(project, gone);
  state.updateVariable(project, other, { value: 'us-east-1' });
  expect(await found()).toEqual({ gitlab: ['shop/variable/AWS_REGION', 'shop/variable/VENDHOST_ROLE_ARN'] });
  const again = { directory: repository.directory, environment, dryRun: false, tenant: 'shop' };
  await vendTenant(recorder({ ...person.env, ...token() }), again);
  expect(await found()).toEqual({});
});

test('addresses that are nearly used up', async () => {
  const ec2 = await person.aws.ec2();
  const { Addresses: before = [] } = await ec2.send(new DescribeAddressesCommand({}));
  const more = Array.from({ length: 4 - before.length }, () => ec2.send(new AllocateAddressCommand({ Domain: 'vpc' })));
  const made = await Promise.all(more);
  expect(await found()).toEqual({ quotas: ['elastic-ips'] });
  await Promise.all(made.map(({ AllocationId }) => ec2.send(new ReleaseAddressCommand({ AllocationId }))));
  expect(await found()).toEqual({});
});

test('a newer bake, and then an image that is gone', async () => {
  const ec2 = await person.aws.ec2();
  const newer = await bake();
  expect(await found()).toEqual({ images: ['shop/not-the-newest-bake'] });
  await ec2.send(new DeregisterImageCommand({ ImageId: newer }));
  expect(await found()).toEqual({});
  await ec2.send(new DeregisterImageCommand({ ImageId: image }));
  expect(await found()).toEqual({ images: ['shop/image-gone'] });
});

// The last: the local GitLab does not take the protection away again.
test('a branch that Developers may push to', async () => {
  const project = gitlab.state.project('acme/shop');
  if (project === undefined) throw new Error('no project');
  gitlab.state.protectBranch(project, 'dev*', { push: 30 });
  expect(await found()).toMatchObject({ gitlab: ['shop/BRANCH_OPEN'] });
});
