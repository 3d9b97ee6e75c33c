import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateChangeSetCommand,
  DeleteStackCommand,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import { DeleteRuleCommand, DescribeRulesCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { provisionHost } from '../../../scripts/host/provision.ts';
import { type PlanMergeRequestOptions, planMergeRequest } from '../../../scripts/merge-request/plan-merge-request.ts';
import type { Finding, Report } from '../../../scripts/report/report.ts';
import { cloudAccount } from '../../builders/account.ts';
import { bakeWithoutPacker } from '../../builders/baked-tenant.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { repository, soundTenant, type Tree } from '../../builders/repository.ts';
import { admitTenant } from '../../builders/tenant.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const environment = 'dev';
const yml = 'instances: { min: 0, max: 1 }\ndatabase: { class: db.t3.micro }\n';
const sound: Tree = { ...soundTenant, 'vendhost.yml': yml };
let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000911'), { network: true, balancers: 1 });
});

interface Planned {
  readonly code: number | undefined;
  readonly report: Report;
}

async function plan(tenant: string, tree: Tree, files: Partial<PlanMergeRequestOptions> = {}): Promise<Planned> {
  const directory = await repository(tree);
  const runtime = platform.runtime({ cwd: directory });
  const env = { ...runtime.env, PATH: process.env.PATH };
  const code = await planMergeRequest({ ...runtime, env }, { tenant, environment, directory, ...files });
  return { code, report: JSON.parse(runtime.printed()).report };
}

function section({ report }: Planned, id: string) {
  const found = report.sections.find((each) => each.id.endsWith(`/${id}`));
  if (found === undefined) throw new Error(`no section ${id} among ${report.sections.map((each) => each.id).join()}`);
  return found;
}

function titles(findings: readonly Finding[]): string[] {
  return findings.map(({ gravity, title }) => `${gravity}: ${title}`);
}

/** A tenant whose virtual host is what its repository says. */
async function deployed(tenant: string, tree: Tree = sound): Promise<string> {
  await admitTenant(platform, tenant);
  const directory = await repository(tree);
  const image = await bakeWithoutPacker(platform, tenant, directory);
  await provisionHost(platform.runtime(), { tenant, environment, directory, image, dryRun: false });
  return image;
}

async function deletedByHand(StackName: string): Promise<void> {
  const client = await platform.aws.cloudFormation();
  await client.send(new DeleteStackCommand({ StackName }));
  await waitUntilStackDeleteComplete({ client, maxWaitTime: 120, minDelay: 1, maxDelay: 1 }, { StackName });
}

describe('a deployed tenant', () => {
  test('an unchanged one: nothing is baked, no stack changes', async () => {
    const image = await deployed('same');
    const planned = await plan('same', sound);
    expect(planned.code).toBeUndefined();
    expect(section(planned, 'image')).toMatchObject({ state: 'clean', summary: `no bake: ${image} stays` });
    expect(section(planned, 'host')).toMatchObject({ state: 'clean', summary: 'nothing changes' });
    expect(section(planned, 'limits')).toMatchObject({ state: 'clean' });
    expect(section(planned, 'traffic')).toMatchObject({
      state: 'clean',
      summary: expect.stringMatching(/^same\.dev\.example\.com at priority \d+$/),
    });
    expect(titles(section(planned, 'release').findings)).toEqual([
      'change: the software is released for the first time',
    ]);
  });

  test('a script and the database changed: what is baked, replaced and interrupted, old and new', async () => {
    await deployed('busy');
    const changed = {
      ...sound,
      'infrastructure/install.sh': '#!/bin/bash\necho other\n',
      'vendhost.yml': yml.replace('db.t3.micro', 'db.t3.small').replace('max: 1', 'max: 2'),
    };
    const out = await mkdtemp(join(tmpdir(), 'vendhost-test-'));
    const file = (name: string) => join(out, name);
    const files = {
      report: file('tf.json'),
      codeQuality: file('quality.json'),
      junit: file('junit.xml'),
      page: file('plan.html'),
      save: file('plan.json'),
    };
    const planned = await plan('busy', changed, files);
    expect(planned.code).toBeUndefined();
    expect(section(planned, 'image').findings).toMatchObject([
      {
        gravity: 'change',
        title: 'an image is baked, which takes minutes',
        details: ['infrastructure/install.sh changed'],
      },
    ]);
    const { findings } = section(planned, 'host');
    expect(findings.find(({ gravity }) => gravity === 'interruption')).toMatchObject({
      title: expect.stringMatching(
        /^the database \w+, DBInstanceClass: the database restarts with it, during the push$/,
      ),
      values: [{ path: 'DBInstanceClass', from: 'db.t3.micro', to: 'db.t3.small' }],
    });
    expect(titles(findings)).toContainEqual(
      'change: vendhost-dev-busy has no instance; the next one starts from a newer version of the launch template',
    );
    expect(findings.flatMap(({ values = [] }) => values)).toContainEqual({ path: 'MaxSize', from: '1', to: '2' });
    expect(JSON.parse(await readFile(files.report, 'utf8'))).toEqual({ create: 0, update: 4, delete: 0 });
    expect(JSON.parse(await readFile(files.save, 'utf8'))).toEqual(planned.report);
    expect(await readFile(files.page, 'utf8')).toContain('db.t3.small');
    expect(await readFile(files.junit, 'utf8')).toContain('failures="0"');
  });

  test('what would lose data, and what the platform does not grant, are faults before the merge', async () => {
    await deployed('greedy');
    const lost = await plan('greedy', { ...sound, 'vendhost.yml': `${yml.replace('}\n', ', name: other }\n')}` });
    const other = await plan('greedy', {
      ...sound,
      'vendhost.yml': yml.replace('db.t3.micro }', 'db.t3.micro, name: other }'),
    });
    expect(other.code).toBe(1);
    expect(section(other, 'host').findings).toContainEqual(
      expect.objectContaining({ gravity: 'loss', values: [{ path: 'DBName', from: 'app', to: 'other' }] }),
    );
    expect(lost.code).toBe(1);
    const much = await plan('greedy', { ...sound, 'vendhost.yml': yml.replace('db.t3.micro', 'db.r6g.16xlarge') });
    expect(much.code).toBe(1);
    expect(section(much, 'limits').findings).toMatchObject([{ gravity: 'fault', at: { file: 'vendhost.yml' } }]);
  });
});

test('storage that RDS would refuse is a fault before the merge, and what it does to the rest is still said', async () => {
  await deployed('grown');
  const more = yml.replace('db.t3.micro }', 'db.t3.small, storage_gib: 21, apply: window }');
  const planned = await plan('grown', { ...sound, 'vendhost.yml': more });
  expect(planned.code).toBe(1);
  expect(section(planned, 'host').findings).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({
        gravity: 'fault',
        details: [expect.stringContaining('database.storage_gib: 21 is wrong: must be 20')],
      }),
      expect.objectContaining({
        gravity: 'interruption',
        title: expect.stringContaining('in the maintenance window after it'),
      }),
    ]),
  );
});

describe('what is not as usual is said, and is no bug', () => {
  test('a first merge request before anything is deployed', async () => {
    await admitTenant(platform, 'first');
    const planned = await plan('first', sound);
    expect(planned.code).toBeUndefined();
    expect(section(planned, 'image').summary).toBe('a first image is baked');
    expect(titles(section(planned, 'host').findings)).toEqual([
      'change: first has no virtual host in dev yet: the push makes the first one',
      'change: vendhost-dev-first-data is created',
      'change: vendhost-dev-first-host is created',
      expect.stringMatching(
        /^network: security group \S+ lets out Everything to Everyone \(IPv4\), the whole internet$/,
      ),
      'change: the health check of vendhost-dev-first--8080-1 changes before the instances do',
    ]);
  });

  test('a tenant that is not vended', async () => {
    const planned = await plan('nobody', sound);
    expect(planned.code).toBe(1);
    expect(section(planned, 'tenant').findings).toMatchObject([
      {
        gravity: 'fault',
        title: expect.stringMatching(/^TENANT_UNKNOWN/),
        next: expect.stringContaining('tenant vend'),
      },
    ]);
    expect(section(planned, 'checks')).toMatchObject({ summary: '4 files checked, no fault' });
  });

  test('a tenant to whom no listener rule leads', async () => {
    await admitTenant(platform, 'unled');
    const elb = await platform.aws.elb();
    const { Rules = [] } = await elb.send(new DescribeRulesCommand({ ListenerArn: platform.listeners[0] }));
    const own = Rules.find(({ Conditions = [] }) => JSON.stringify(Conditions).includes('unled.dev.example.com'));
    await elb.send(new DeleteRuleCommand({ RuleArn: own?.RuleArn }));
    const planned = await plan('unled', sound);
    expect(titles(section(planned, 'traffic').findings)).toEqual([
      'interruption: no listener rule leads to vendhost-dev-unled--8080-1: nobody reaches the software, whatever is released',
    ]);
  });

  test('a stack that was deleted by hand', async () => {
    await deployed('gone');
    await deletedByHand('vendhost-dev-gone-host');
    const planned = await plan('gone', sound);
    expect(titles(section(planned, 'host').findings)).toContainEqual(
      'interruption: there is no stack vendhost-dev-gone-host, although vendhost-dev-gone-data is there: somebody deleted it, and the push creates it again',
    );
  });

  test('a stack that only waits for a change set', async () => {
    await admitTenant(platform, 'waiting');
    const change = new CreateChangeSetCommand({
      StackName: 'vendhost-dev-waiting-host',
      ChangeSetName: 'never-executed',
      ChangeSetType: 'CREATE',
      TemplateBody: JSON.stringify({ Resources: { Q: { Type: 'AWS::SQS::Queue' } } }),
    });
    await (await platform.aws.cloudFormation()).send(change);
    const planned = await plan('waiting', sound);
    expect(titles(section(planned, 'host').findings)[0]).toMatch(
      /^change: vendhost-dev-waiting-host is REVIEW_IN_PROGRESS: empty, as its plan was never executed/,
    );
  });

  test('faults of the repository do not hide what AWS says of the rest', async () => {
    await admitTenant(platform, 'faulty');
    const planned = await plan('faulty', { ...sound, 'software/appspec.yml': 'version: 1.0\nos: linux\n' });
    expect(planned.code).toBe(1);
    expect(section(planned, 'checks').findings.some(({ gravity }) => gravity === 'fault')).toBe(true);
    expect(section(planned, 'release')).toMatchObject({ state: 'unknown' });
    expect(section(planned, 'limits')).toMatchObject({ state: 'clean' });
  });

  test('without Packer the image is unknown, and the rest is planned', async () => {
    await deployed('unpacked');
    const directory = await repository(sound);
    const runtime = platform.runtime({ cwd: directory });
    const bare = { ...runtime, env: { ...runtime.env, PATH: '/nowhere' } };
    const code = await planMergeRequest(bare, { tenant: 'unpacked', environment, directory });
    const planned = { code, report: JSON.parse(runtime.printed()).report };
    expect(code).toBeUndefined();
    expect(section(planned, 'image')).toMatchObject({ state: 'unknown' });
    expect(section(planned, 'host')).toMatchObject({ state: 'clean' });
    expect(titles(section(planned, 'checks').findings)).toContainEqual(
      'unknown: the scripts were not checked by ShellCheck: there is no shellcheck on the PATH',
    );
  });

  test('a fork gets no credentials, and is told so', async () => {
    const directory = await repository(sound);
    const runtime = platform.runtime({ cwd: directory });
    const env = { CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: 'else/shop', CI_MERGE_REQUEST_PROJECT_PATH: 'acme/shop' };
    await planMergeRequest({ ...runtime, env }, { tenant: 'shop', environment, directory });
    const planned = { code: undefined, report: JSON.parse(runtime.printed()).report };
    expect(section(planned, 'tenant').findings).toMatchObject([
      { gravity: 'unknown', title: expect.stringContaining('comes from a fork') },
    ]);
  });
});
