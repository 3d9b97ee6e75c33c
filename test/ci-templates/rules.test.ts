import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import type { EventOptions } from '../local-gitlab/event.ts';
import { listJobs } from '../local-gitlab/list.ts';
import { git, type PlatformProject, publishPlatform, version } from '../local-gitlab/platform.ts';
import { commit, createRepository } from '../local-gitlab/repository.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { inPairs } from './pairs.ts';
import { pipelineFile } from './templates.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** What the last commit of a branch changed. */
const changes = {
  software: { 'software/index.html': 'new' },
  infrastructure: { 'infrastructure/deep/install.sh': 'new' },
  'vendhost.yml': { 'vendhost.yml': 'instances: {}' },
  'infrastructure.md': { 'infrastructure.md': 'new' },
} as const;
type Change = keyof typeof changes;
type Case = readonly [title: string, event: EventOptions, change: Change, jobs: readonly string[]];

const full = (environment: string) => [
  'validate',
  ...['bake', 'provision', 'package', 'release'].map((job) => `${job} ${environment}`),
];
const software = (environment: string) => ['validate', `package ${environment}`, `release ${environment}`];
const push = (branch: string, before = 'HEAD~1'): EventOptions => ({ event: 'push', branch, before });

const mapped = { dev: 'dev', staging: 'staging', master: 'production' } as const;

const cases: readonly Case[] = [
  ...Object.entries(mapped).flatMap(([branch, environment]): Case[] => [
    [`push to ${branch} with software only`, push(branch), 'software', software(environment)],
    [`push to ${branch} with a change under infrastructure/`, push(branch), 'infrastructure', full(environment)],
    [`push to ${branch} with a change of vendhost.yml`, push(branch), 'vendhost.yml', full(environment)],
    [`first push to ${branch}`, push(branch, 'none'), 'software', full(environment)],
    [`pipeline started by hand for ${branch}`, { event: 'web', branch }, 'software', full(environment)],
    [`schedule on ${branch}`, { event: 'schedule', branch }, 'infrastructure', []],
  ]),
  ['push to dev with a file that only looks like infrastructure', push('dev'), 'infrastructure.md', software('dev')],
  ['push to a feature branch', push('feature/cart', 'none'), 'infrastructure', []],
  ['pipeline started by hand for a feature branch', { event: 'web', branch: 'feature/cart' }, 'infrastructure', []],
  [
    'merge request',
    { event: 'merge_request', branch: 'feature/cart', targetBranch: 'dev' },
    'infrastructure',
    ['validate'],
  ],
  [
    'merge request from dev to staging',
    { event: 'merge_request', branch: 'dev', targetBranch: 'staging' },
    'software',
    ['validate'],
  ],
  ['tag', { event: 'tag', branch: 'v1.0.0' }, 'infrastructure', []],
];

let directory: string;
let platform: PlatformProject;
let listed: Map<string, readonly string[]>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ci-templates-rules-'));
  platform = await publishPlatform({ directory: join(directory, 'git-host'), gitlab: defaultGitlab });
  const kinds = Object.keys(changes) as Change[];
  const repositories = await Promise.all(
    kinds.map(async (change) => [change, await tenant(change, { tenant: 'shop' })] as const),
  );
  const repositoryOf = Object.fromEntries(repositories) as Record<Change, string>;
  const list = async ([title, event, change]: Case) => [title, await jobsOf(repositoryOf[change], event)] as const;
  listed = new Map(await inPairs(cases, list));
});
afterAll(() => rm(directory, { recursive: true }));

let tenants = 0;
/** A tenant's repository whose branches all end with a commit that makes this change. */
async function tenant(change: Change, inputs: Readonly<Record<string, unknown>>): Promise<string> {
  tenants += 1;
  const place = join(directory, `tenant-${tenants}`);
  const include = [
    { project: 'platform/vendhost', ref: `v${await version()}`, file: `/ci-templates/${pipelineFile}`, inputs },
  ];
  const repository = await createRepository(place, {
    '.gitlab-ci.yml': stringify({ include }),
    'infrastructure/deep/install.sh': 'old',
    'software/index.html': 'old',
  });
  await commit(repository, changes[change], `Change ${change}`);
  for (const branch of ['dev', 'staging', 'feature/cart', 'develop']) await git(repository, ['branch', branch]);
  await git(repository, ['tag', 'v1.0.0']);
  return repository;
}

async function jobsOf(tenantRepository: string, event: EventOptions): Promise<string[]> {
  const options = { tenantRepository, projectPath: 'acme/shop', directory: join(directory, 'runs'), platform };
  const jobs = await listJobs({ ...options, ...event });
  return jobs.map(({ name, environment }) => [name, environment].filter(Boolean).join(' '));
}

test.each(cases)('%s', (title, _event, _change, jobs) => {
  expect(listed.get(title)).toEqual(jobs);
});

describe('inputs that decide on jobs', () => {
  test('another branch for an environment', async () => {
    const repository = await tenant('software', { tenant: 'shop', dev_branch: 'develop' });
    expect(await jobsOf(repository, push('develop'))).toEqual(software('dev'));
    expect(await jobsOf(repository, push('dev'))).toEqual([]);
  });

  test('rules of the tenant come first', async () => {
    const repository = await tenant('infrastructure', {
      tenant: 'shop',
      bake_rules: [{ when: 'never' }],
      validate_rules: [{ if: '$CI_PIPELINE_SOURCE == "schedule"' }],
    });
    expect(await jobsOf(repository, push('dev'))).toEqual(full('dev').filter((job) => job !== 'bake dev'));
    expect(await jobsOf(repository, { event: 'schedule', branch: 'dev' })).toEqual(['validate']);
  });

  test('other paths for infrastructure', async () => {
    const repository = await tenant('software', { tenant: 'shop', infrastructure_paths: ['software/**/*'] });
    expect(await jobsOf(repository, push('dev'))).toEqual(full('dev'));
  });
});
