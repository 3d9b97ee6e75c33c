import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { git, version } from '../local-gitlab/platform.ts';
import { commit, createRepository } from '../local-gitlab/repository.ts';
import type { PipelineOptions, PipelineResult } from '../local-gitlab/run.ts';
import { ask } from './ask.ts';
import { devAccount, startWorld, type World } from './world.ts';

const project = 'acme/both';
const fork = 'mallory/both';
const tenants = ['shop', 'blog'] as const;
type Tenant = (typeof tenants)[number];

const hostOf = (tenant: Tenant) => `${tenant}.dev.example.com`;
const roleOf = (tenant: Tenant) => `arn:aws:iam::${devAccount}:role/vendhost-dev-${tenant}-deploy`;
const jobsOf = (tenant: Tenant) =>
  ['validate', 'bake', 'provision', 'package', 'release'].map((job) => `${tenant} ${job}`);

/** The smallest tenant there is, without a machine of its own: a page that says which instance shows it, and of which revision. */
const filesOf = (tenant: Tenant) => ({
  [`${tenant}/vendhost.yml`]: `instances: { type: t3.micro, min: 1, max: 1 }
database: none
health_check: { path: /, grace_seconds: 60 }
deployment_config: CodeDeployDefault.AllAtOnce
`,
  [`${tenant}/software/words.txt`]: `The ${tenant} of the lanterns\n`,
  [`${tenant}/software/appspec.yml`]: `version: 0.0
os: linux
files:
  - source: words.txt
    destination: /srv/words
file_exists_behavior: OVERWRITE
hooks:
  ApplicationStart:
    - location: start.sh
      timeout: 30
`,
  [`${tenant}/software/start.sh`]: `#!/bin/bash
set -eu
mkdir -p /srv/page
cat /srv/words/words.txt /var/lib/cloud/data/instance-id "$(dirname "$0")/.vendhost-revision" > /srv/page/index.html
start-stop-daemon --start --background --make-pidfile --pidfile /run/page.pid --oknodo --exec /usr/bin/python3 -- \\
  -m http.server 8080 --bind "$(hostname -i)" --directory /srv/page
`,
});

let world: World;
let repository: string;
let forked: string;
let configuration: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  world = await startWorld();
  for (const path of [project, fork]) world.gitlab.state.addProject(path);
  const granted = tenants.map((tenant) => {
    const config = { project, hosts: { dev: [hostOf(tenant)] }, environment_prefix: `${tenant}/` };
    return [`tenants/${tenant}.yml`, stringify(config)] as const;
  });
  await world.owner.write(Object.fromEntries(granted), 'Two tenants of one project');
  configuration = await configurationOfBoth();
  const files = { '.gitlab-ci.yml': stringify(configuration), ...filesOf('shop'), ...filesOf('blog') };
  repository = await createRepository(join(world.directory, 'both'), files, 'dev');
  forked = join(world.directory, 'fork');
  await git(world.directory, ['clone', '--quiet', repository, forked]);
  for (const words of [
    ['platform', 'deploy', '--environment', 'dev'],
    ['tenant', 'vend', 'shop', '--protect-branches'],
    ['tenant', 'vend', 'blog', '--set-subject'],
  ]) {
    const { exitCode, all } = await world.operate(words);
    expect(exitCode, String(all)).toBe(0);
  }
});
afterAll(() => world?.stop());

/** One tenant by each form of include; every job says what it was given. */
async function configurationOfBoth() {
  const ref = `v${await version()}`;
  const inputsOf = (tenant: Tenant) => ({
    tenant,
    image: '$CI_REGISTRY/platform/vendhost',
    job_prefix: `${tenant} `,
    environment_prefix: `${tenant}/`,
    directory: `${tenant}/`,
  });
  return {
    include: [
      { component: `$CI_SERVER_FQDN/platform/vendhost/tenant@${ref}`, inputs: inputsOf('shop') },
      {
        ...{ project: 'platform/vendhost', ref, file: '/ci-templates/tenant.gitlab-ci.yml' },
        inputs: inputsOf('blog'),
      },
    ],
    default: { before_script: [`echo "role=\${VENDHOST_ROLE_ARN:-none} token=\${VENDHOST_ID_TOKEN:-none}"`] },
  };
}

async function run(options: Partial<PipelineOptions> = {}): Promise<PipelineResult> {
  const pipeline = await world.pushAgain({ tenantRepository: repository, projectPath: project, ...options });
  return await pipeline.result;
}

/** What a tenant's host answers. */
async function pageOf(tenant: Tenant) {
  const { status, body } = await ask(world.cloud.router.https, hostOf(tenant));
  expect(status, body).toBe(200);
  const [words, instance, revision] = body.split('\n');
  return { words, instance, revision };
}

test('one push deploys both, each with the variables that vending set for it', async () => {
  const result = await run();
  expect(statuses(result), logs(result)).toEqual(
    Object.fromEntries(tenants.flatMap(jobsOf).map((job) => [job, 'success'])),
  );
  for (const tenant of tenants) {
    expect(await pageOf(tenant)).toMatchObject({ words: `The ${tenant} of the lanterns` });
    for (const job of jobsOf(tenant).slice(1)) expect(givenTo(result, job).role).toBe(roleOf(tenant));
  }
});

test("a push that changes one of them leaves the other's instances and revision as they were", async () => {
  const [shop, blog] = [await pageOf('shop'), await pageOf('blog')];
  await commit(repository, { 'shop/software/words.txt': 'Brighter lanterns\n' }, 'Say it better');
  const result = await run();
  expect(result.status, logs(result)).toBe('success');
  expect(await pageOf('shop')).toEqual({
    ...{ words: 'Brighter lanterns', instance: shop.instance },
    revision: expect.not.stringMatching(String(shop.revision)),
  });
  expect(await pageOf('blog')).toEqual(blog);
  // After a first release each host's health check becomes the load balancer's: that is all that provision changes.
  expect(logOf(result, 'blog bake')).toContain('image exists');
  expect(logOf(result, 'blog release')).toContain('nothing to release');
});

/** A merge request of the fork, from a branch that is named like the environment's. */
async function fromFork(files: Record<string, string>, place: Partial<PipelineOptions>) {
  await commit(forked, files, 'A wish from outside');
  return await run({
    ...{ tenantRepository: forked, event: 'merge_request', branch: 'dev', targetBranch: 'dev' },
    ...place,
  });
}

const inFork = { projectPath: fork, targetProject: project };
const inProject = { projectPath: project, fork };

test('a merge request from a fork validates both, without a token or a variable', async () => {
  const result = await fromFork({ 'blog/software/words.txt': 'A blog of strangers\n' }, inFork);
  expect(statuses(result), logs(result)).toEqual({ 'shop validate': 'success', 'blog validate': 'success' });
  for (const tenant of tenants) {
    expect(givenTo(result, `${tenant} validate`)).toEqual({ role: 'none', token: 'none' });
  }
});

test.each([
  { where: 'in the fork', place: inFork, subject: () => `project_path:${fork}:ref_type:branch:ref:dev` },
  {
    ...{ where: 'in the project, by a member', place: inProject },
    subject: (id?: number) =>
      `project_id:${id}:ref_type:branch:ref:dev:ref_protected:false:environment_protected:false`,
  },
])('its author writes a job that asks for the deploy role, run $where: STS refuses', async ({ place, subject }) => {
  const job = {
    environment: { name: 'shop/dev', action: 'access' },
    id_tokens: { VENDHOST_ID_TOKEN: { aud: '$CI_SERVER_URL' } },
    variables: {
      ...{ VENDHOST_TENANT: 'shop', VENDHOST_ENVIRONMENT: 'dev', AWS_REGION: 'eu-west-1' },
      VENDHOST_ROLE_ARN: roleOf('shop'),
    },
    script: ['vendhost image clean'],
  };
  const result = await fromFork({ '.gitlab-ci.yml': stringify({ default: configuration.default, take: job }) }, place);
  const { role, token = '' } = givenTo(result, 'take');
  expect(role).toBe(roleOf('shop'));
  expect(decodeJwt(token)).toMatchObject({
    ...{ sub: subject(world.gitlab.state.project(fork)?.id), project_path: fork },
    ...{ environment: 'shop/dev', ref_protected: 'false' },
  });
  expect(statuses(result)).toEqual({ take: 'failed' });
  expect(logOf(result, 'take')).toContain('error[ROLE_REFUSED]');
});

const halves = { infrastructure: 'acme/pair-machine', software: 'acme/pair' } as const;
type Half = keyof typeof halves;

/** A repository of a project of two, with the file that the platform keeps for it: GitLab takes that one by the setting, and none of the checkout. */
async function repositoryOf(half: Half, files: Readonly<Record<string, string>>): Promise<string> {
  const ref = `v${await version()}`;
  const inputs = { tenant: 'pair', image: 'docker.example.test/platform/vendhost' };
  const file = `/ci-templates/${half}.gitlab-ci.yml`;
  const pinned = { include: [{ project: 'platform/vendhost', ref, file, inputs }], default: configuration.default };
  return await createRepository(join(world.directory, half), { '.gitlab-ci.yml': stringify(pinned), ...files }, 'dev');
}

test('a tenant with two projects and pinned pipelines: one makes the machine, the other releases to it, each with its own role', async () => {
  for (const path of Object.values(halves)) world.gitlab.state.addProject(path);
  const platform = parse(await readFile(join(world.owner.repository, 'platform.yml'), 'utf8')) as object;
  const tenant = { projects: halves, pinned: true, hosts: { dev: ['pair.dev.example.com'] } };
  const pipelines = { project: 'platform/pipelines', branch: 'main' };
  const written = { 'platform.yml': stringify({ ...platform, pipelines }), 'tenants/pair.yml': stringify(tenant) };
  await world.owner.write(written, 'A tenant with two projects');
  const { exitCode, all } = await world.operate(['tenant', 'vend', 'pair', '--protect-branches']);
  expect(exitCode, String(all)).toBe(0);
  for (const half of ['infrastructure', 'software'] as const) {
    expect(world.gitlab.state.project(halves[half])).toMatchObject({
      ci_config_path: `pair/${half}.gitlab-ci.yml@platform/pipelines:main`,
      ci_pipeline_variables_minimum_override_role: 'no_one_allowed',
    });
  }
  const { 'shop/vendhost.yml': settings = '', ...others } = filesOf('shop');
  const software = Object.fromEntries(
    Object.entries(others).map(([name, text]) => [name.replace('shop/', ''), text] as const),
  );
  const ended: Record<string, unknown> = {};
  for (const [half, files] of [
    ['infrastructure', { 'vendhost.yml': settings }],
    ['software', software],
  ] as const) {
    const tenantRepository = await repositoryOf(half, files);
    const result = await run({ tenantRepository, projectPath: halves[half] });
    ended[half] = statuses(result);
    expect(result.status, logs(result)).toBe('success');
    const roles = new Set(result.jobs.slice(1).map(({ name }) => givenTo(result, name).role));
    expect(roles).toEqual(new Set([`arn:aws:iam::${devAccount}:role/vendhost-dev-pair-${half}-deploy`]));
  }
  expect(ended).toEqual({
    infrastructure: { validate: 'success', bake: 'success', provision: 'success' },
    software: { validate: 'success', package: 'success', release: 'success' },
  });
  const { status, body } = await ask(world.cloud.router.https, 'pair.dev.example.com');
  expect([status, body.split('\n')[0]]).toEqual([200, 'The shop of the lanterns']);
});

function statuses(result: PipelineResult): Record<string, string> {
  return Object.fromEntries(result.jobs.map(({ name, status }) => [name, status]));
}

function logOf(result: PipelineResult, job: string): string {
  return result.jobs.find(({ name }) => name === job)?.log ?? '';
}

/** What a job said that it was given. */
function givenTo(result: PipelineResult, job: string): { role?: string | undefined; token?: string | undefined } {
  const [, role, token] = /^role=(\S+) token=(\S+)$/m.exec(logOf(result, job)) ?? [];
  return { role, token };
}

function logs(result: PipelineResult): string {
  return result.jobs.map(({ name, log }) => `── ${name}\n${log}`).join('\n');
}
