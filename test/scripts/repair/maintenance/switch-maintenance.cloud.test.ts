import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { DeleteRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { StartAutomationExecutionCommand, UpdateDocumentCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readAudit } from '../../../../scripts/audit/read-audit.ts';
import { withPlanRole } from '../../../../scripts/aws/plan-role.ts';
import { readPlatformFacts } from '../../../../scripts/aws/read-facts.ts';
import { type Aws, openAws } from '../../../../scripts/aws/session.ts';
import type { PlatformFacts } from '../../../../scripts/config/facts.ts';
import { names } from '../../../../scripts/config/names.ts';
import { checkDrift } from '../../../../scripts/drift/check-drift.ts';
import { exitCodes } from '../../../../scripts/errors.ts';
import { deployPlatform } from '../../../../scripts/platform/deploy/deploy-platform.ts';
import { hostMaintenance } from '../../../../scripts/repair/maintenance/switch-maintenance.ts';
import { readFleetStacks } from '../../../../scripts/status/fleet/read-fleet-lists.ts';
import { readStackLooks } from '../../../../scripts/status/host/read-host-parts.ts';
import { vendTenant } from '../../../../scripts/tenant/vend.ts';
import type { CloudAccount } from '../../../builders/account.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../../builders/enforcing-cloud.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '192000000001';
const place = { tenant: 'shop', environment: 'dev' } as const;
const page = '<h1>Back at noon</h1>';
const job = 'https://gitlab.example.test/acme/shop/-/jobs/7';
const more = 'more.shop.dev.example.com';
const hosts = ['shop.dev.example.com', '*.shop.dev.example.com'];

let enforcing: EnforcingCloud;
let repository: PlatformRepository;
let person: CloudAccount;
let owner: Aws;
let facts: PlatformFacts;

/** A job of the platform's vends: CloudFormation has the rights of the role for that, and no more. */
async function vend(tenant: string, own: readonly string[], maintenance: object): Promise<boolean> {
  await repository.writeTenant(tenant, { project: `acme/${tenant}`, hosts: { dev: [...own] }, ...maintenance });
  const runtime = await enforcing.job({ projectPath: 'acme/platform', ref: 'main' }, {});
  await vendTenant(runtime, { tenant, directory: repository.directory, environment: 'dev', dryRun: false });
  return JSON.parse(runtime.printed()).environments[0].changed;
}

const roleArn = (tenant: string, role: 'deploy' | 'plan') =>
  `arn:aws:iam::${account}:role/${names.tenantRole({ tenant, environment: 'dev' }, role)}`;

/** A job of the tenant's on the environment's branch. */
const jobOf = async (tenant: string) =>
  await enforcing.job(
    { projectPath: `acme/${tenant}`, ref: 'dev' },
    {
      AWS_REGION: 'eu-west-1',
      VENDHOST_ROLE_ARN: roleArn(tenant, 'deploy'),
      VENDHOST_PLAN_ROLE_ARN: roleArn(tenant, 'plan'),
      GITLAB_USER_LOGIN: 'ada',
      CI_JOB_URL: job,
    },
  );

/** `host maintenance` in a job; what it says, and its exit code. */
async function maintenance(wanted: 'on' | 'off' | undefined, dryRun = false) {
  const runtime = await jobOf(place.tenant);
  const options = { ...place, wanted, page: undefined, reason: 'database is moved', dryRun };
  const code = await hostMaintenance(runtime, options);
  return { code, ...JSON.parse(runtime.printed()) };
}

/** What the tenant's rules answer with, by their hosts: the page, or `forward`; the rule that nobody meets is left out. */
async function answers(tenant: string = place.tenant): Promise<Record<string, string | undefined>> {
  const command = new DescribeRulesCommand({ ListenerArn: facts['listener-arn'] });
  const { Rules = [] } = await (await owner.elb()).send(command);
  const own = Rules.filter(({ Conditions = [] }) => !Conditions.some(({ Field }) => Field === 'source-ip')).flatMap(
    ({ Conditions = [], Actions = [] }) => {
      const [action] = Actions;
      const answer = action?.FixedResponseConfig?.MessageBody?.trimEnd() ?? action?.Type;
      const own = Conditions.flatMap(({ HostHeaderConfig }) => HostHeaderConfig?.Values ?? []);
      return own.map((host) => [host, answer] as const);
    },
  );
  return Object.fromEntries(own.filter(([host]) => host.includes(tenant)));
}

/** The ARN of the rule for a host. */
async function ruleOf(host: string): Promise<string> {
  const { Rules = [] } = await (await owner.elb()).send(
    new DescribeRulesCommand({ ListenerArn: facts['listener-arn'] }),
  );
  const found = Rules.find(({ Conditions = [] }) => Conditions[0]?.HostHeaderConfig?.Values?.includes(host));
  return found?.RuleArn ?? '';
}

async function groupOf(tenant: string): Promise<string> {
  const Names = [names.targetGroup({ tenant, environment: 'dev' }, 8080, 1)];
  const { TargetGroups = [] } = await (await owner.elb()).send(new DescribeTargetGroupsCommand({ Names }));
  return TargetGroups[0]?.TargetGroupArn ?? '';
}

const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: Error) => error.name,
  );

const forwarding = { [hosts[0] ?? '']: 'forward', [hosts[1] ?? '']: 'forward' };
const paged = { [hosts[0] ?? '']: page, [hosts[1] ?? '']: page };

beforeAll(async () => {
  repository = await platformRepository(account);
  enforcing = await startEnforcingCloud(repository.directory);
  await repository.certify(enforcing.cloud.endpoint);
  await repository.writePlatform({ dev: { vending: 'jobs' } }, { project: 'acme/platform' });
  person = enforcing.person(account);
  owner = person.aws;
  await deployPlatform(person.runtime(), { directory: repository.directory, environment: 'dev', dryRun: false });
  await vend('shop', hosts, { maintenance_switch: { dev: page } });
  await vend('blog', ['blog.dev.example.com'], { maintenance_switch: { dev: page } });
  facts = await readPlatformFacts(owner, 'dev');
});
afterAll(async () => {
  await enforcing?.cloud.stop();
});

test("a job switches it on for all rules of the tenant's, and says what it did", async () => {
  expect(await answers()).toEqual(forwarding);
  expect(await maintenance('on', true)).toMatchObject({ code: exitCodes.differs, plan: { to: 'on', before: 'off' } });
  expect(await answers()).toEqual(forwarding);
  expect(await maintenance('on')).toMatchObject({ code: undefined, on: true, changed: true, before: 'off', hosts });
  expect(await answers()).toEqual(paged);
  expect(await answers('blog')).toEqual({ 'blog.dev.example.com': 'forward' });
  expect(await maintenance('on')).toMatchObject({ code: undefined, changed: false });
  const since = expect.stringMatching(/^20.*Z$/);
  expect(await maintenance(undefined)).toMatchObject({
    on: true,
    since,
    by: 'developer',
    job,
    switched: true,
    next: [],
  });
});

describe('what was switched is no drift', () => {
  const stack = names.tenantStack(place, 'entry');
  /** Checks the entry stack's drift in a job; the exit code, and what CloudFormation says. */
  async function detected() {
    const directory = await mkdtemp(join(tmpdir(), 'vendhost-test-'));
    const options = { ...place, directory, checks: ['stacks'] as const, failOn: ['drift'] as const };
    const others = { ignore: undefined, shard: undefined, junit: undefined, page: undefined };
    const code = await checkDrift(await jobOf(place.tenant), { ...options, ...others });
    const command = new DescribeStacksCommand({ StackName: stack });
    const { Stacks: [found] = [] } = await (await owner.cloudFormation()).send(command);
    return [code, found?.DriftInformation?.StackDriftStatus];
  }
  /** What the last detection came to, for `host status` in a job, and for the fleet. */
  async function shown() {
    const looks = await readStackLooks(openAws(withPlanRole(await jobOf(place.tenant), place)), place);
    const all = [...looks, ...(await readFleetStacks(owner, place.environment))];
    return all.filter(({ name }) => name === stack).map(({ drift, inMaintenance }) => [drift, inMaintenance]);
  }

  test('for the check, nor where its last result is shown', async () => {
    expect(await detected()).toEqual([undefined, 'DRIFTED']);
    expect(await shown()).toEqual(Array.from({ length: 2 }, () => ['IN_SYNC', 'switched']));
  });

  test('a rule that leads somewhere else is', async () => {
    const Actions = [{ Type: 'forward', TargetGroupArn: await groupOf('blog') }] as const;
    const command = new ModifyRuleCommand({ RuleArn: await ruleOf(hosts[0] ?? ''), Actions: [...Actions] });
    await (await owner.elb()).send(command);
    expect(await detected()).toEqual([exitCodes.differs, 'DRIFTED']);
    expect(await shown()).toEqual(Array.from({ length: 2 }, () => ['DRIFTED', 'switched']));
    expect(await maintenance('on')).toMatchObject({ changed: true, before: 'on for some hosts' });
  });
});

test('a vend neither ends it nor leads a new host past the page', async () => {
  await vend('shop', [...hosts, more], { maintenance_switch: { dev: page } });
  expect(await answers()).toEqual({ ...paged, [more]: page });
  expect(await vend('shop', [...hosts, more], { maintenance_switch: { dev: page } })).toBe(false);
  expect(await answers()).toEqual({ ...paged, [more]: page });
});

test('off after the vend, which has the page in its template, is off, and the next vend keeps it so', async () => {
  expect(await maintenance('off')).toMatchObject({ on: false, changed: true, before: 'on' });
  expect(await answers()).toEqual({ ...forwarding, [more]: 'forward' });
  await vend('shop', hosts, { maintenance_switch: { dev: page } });
  expect(await answers()).toEqual(forwarding);
});

test('a switch that ended between two rules is made good by the next one, of either kind', async () => {
  const elb = await owner.elb();
  const Actions = [{ Type: 'forward', TargetGroupArn: await groupOf('shop') }] as const;
  for (const wanted of ['on', 'off'] as const) {
    await maintenance('on');
    await elb.send(new ModifyRuleCommand({ RuleArn: await ruleOf(hosts[1] ?? ''), Actions: [...Actions] }));
    expect(await maintenance(wanted)).toMatchObject({ changed: true, before: 'on for some hosts' });
    expect(await answers()).toEqual(wanted === 'on' ? paged : forwarding);
  }
});

describe('what a job cannot do', () => {
  let elb: Awaited<ReturnType<Aws['elb']>>;
  let ssm: Awaited<ReturnType<Aws['ssm']>>;
  beforeAll(async () => {
    const aws = openAws(await jobOf('shop'));
    [elb, ssm] = await Promise.all([aws.elb(), aws.ssm()]);
  });
  const start = (tenant: string, Parameters: Record<string, string[]>) =>
    refusalOf(
      ssm.send(
        new StartAutomationExecutionCommand({
          DocumentName: names.switchDocument({ tenant, environment: 'dev' }),
          Parameters,
        }),
      ),
    );

  test("start another tenant's document", async () => {
    expect(await start('blog', { State: ['on'] })).toBe('AccessDeniedException');
  });

  test('say where its rules lead', async () => {
    const invalid = 'InvalidAutomationExecutionParametersException';
    const foreign = await groupOf('blog');
    expect(await start('shop', { State: ['off'], TargetGroupArn: [foreign] })).toBe(invalid);
    expect(await start('shop', { State: [`off","Actions":[{"TargetGroupArn":"${foreign}"}]`] })).toBe(invalid);
    expect(await start('shop', {})).toBe(invalid);
  });

  test('change its rule itself', async () => {
    const Actions = [{ Type: 'forward', TargetGroupArn: await groupOf('blog') }] as const;
    const command = new ModifyRuleCommand({ RuleArn: await ruleOf(hosts[0] ?? ''), Actions: [...Actions] });
    expect(await refusalOf(elb.send(command))).toBe('AccessDenied');
  });

  test('change the document', async () => {
    const Name = names.switchDocument(place);
    const command = new UpdateDocumentCommand({ Name, Content: '{}', DocumentVersion: '$LATEST' });
    expect(await refusalOf(ssm.send(command))).toBe('AccessDeniedException');
  });

  test('and nothing of it changed what the rules answer', async () => {
    expect(await answers()).toEqual(forwarding);
  });
});

test("the platform's own maintenance wins: nobody switches it, and it ends by a vend", async () => {
  await maintenance('on');
  await vend('shop', hosts, { maintenance: { dev: 'moving' }, maintenance_switch: { dev: page } });
  expect(Object.values(await answers())).toEqual(['moving', 'moving']);
  expect(await maintenance('off')).toMatchObject({ code: exitCodes.differs, on: true, switched: false });
  await vend('shop', hosts, { maintenance_switch: { dev: page } });
  expect(await answers()).toEqual(forwarding);
});

test("the platform's own maintenance with the text of the switch begins where the switch is off, and says so only when it does", async () => {
  await maintenance('on');
  // The vend has the page in its template; what is switched afterwards is not in it.
  await vend('shop', [...hosts, more], { maintenance_switch: { dev: page } });
  await maintenance('off');
  expect(Object.values(await answers())).toEqual(['forward', 'forward', 'forward']);
  await vend('shop', [...hosts, more], { maintenance: { dev: page }, maintenance_switch: { dev: page } });
  expect(Object.values(await answers())).toEqual([page, page, page]);
  expect(await maintenance(undefined)).toMatchObject({ on: true, switched: false });
  const Actions = [{ Type: 'forward', TargetGroupArn: await groupOf('shop') }] as const;
  for (const host of [...hosts, more]) {
    const RuleArn = await ruleOf(host);
    await (await owner.elb()).send(new ModifyRuleCommand({ RuleArn, Actions: [...Actions] }));
  }
  expect(await maintenance(undefined)).toMatchObject({ on: false });
  await vend('shop', hosts, { maintenance_switch: { dev: page } });
  expect(await answers()).toEqual(forwarding);
});

test('what a job switched on ends with its right to', async () => {
  await maintenance('on');
  await vend('shop', hosts, {});
  expect(await answers()).toEqual(forwarding);
  expect(await maintenance(undefined)).toMatchObject({ on: false, switched: false });
  await vend('shop', hosts, { maintenance_switch: { dev: page } });
  expect(await answers()).toEqual(forwarding);
});

test('the audit has each switch, with what it was before', async () => {
  const query = { ...place, limit: 20, action: 'host maintenance' };
  const { records } = await readAudit(owner, facts.bucket, query);
  const seen = records.map(({ before, after }) => `${before} → ${after.replace(/: .*/, '')}`);
  const once = ['off → on', 'on → off'];
  const partly = ['on for some hosts → on', 'on for some hosts → off'];
  expect(seen.reverse()).toEqual([
    'off → on',
    partly[0],
    'on → off',
    'off → on',
    ...partly,
    ...once,
    ...once,
    ...once,
    ...once,
  ]);
  expect(records[0]).toMatchObject({ action: 'host maintenance', target: hosts.join(', ') });
});

test('a role without its right: the automation fails with the words of AWS, and the audit says so', async () => {
  const RoleName = names.tenantRole(place, 'switch');
  await (await owner.iam()).send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'switch' }));
  const message = expect.stringMatching(/ended as Failed: .*AccessDenied.*ModifyRule operation/);
  await expect(maintenance('on')).rejects.toMatchObject({ code: 'SWITCH_FAILED', message });
  expect(await answers()).toEqual(forwarding);
  const { records } = await readAudit(owner, facts.bucket, { ...place, limit: 1, action: 'host maintenance' });
  expect(records).toMatchObject([{ before: 'off', after: expect.stringMatching(/^failed: /) }]);
});

test('a role that does not trust Systems Manager, and a document that is not there, are refused before anything runs', async () => {
  const RoleName = names.tenantRole(place, 'switch');
  const Principal = { Service: 'ec2.amazonaws.com' };
  const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }] };
  const PolicyDocument = JSON.stringify(trust);
  await (await owner.iam()).send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
  const ssm = await owner.ssm();
  const start = (DocumentName: string) =>
    refusalOf(ssm.send(new StartAutomationExecutionCommand({ DocumentName, Parameters: { State: ['on'] } })));
  expect(await start(names.switchDocument(place))).toBe('InvalidAutomationExecutionParametersException');
  expect(await start('vendhost-dev-nobody-maintenance')).toBe('AutomationDefinitionNotFoundException');
});
