import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import type { EventOptions } from '../local-gitlab/event.ts';
import { listJobs } from '../local-gitlab/list.ts';
import { git, type PlatformProject, publishPlatform, version } from '../local-gitlab/platform.ts';
import { createRepository } from '../local-gitlab/repository.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { inPairs } from './pairs.ts';
import { platformPipeline } from './templates.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

type Inputs = Readonly<Record<string, unknown>>;
type Case = readonly [title: string, event: EventOptions, inputs: Inputs, jobs: readonly string[]];

const project = 'operations/lanterns';
const push: EventOptions = { event: 'push', branch: 'main' };
const mergeRequest: EventOptions = { event: 'merge_request', branch: 'bigger', targetBranch: 'main' };

/** A job, what it waits for, and `by hand` when a person starts it. */
const validate = 'validate';
const plan = (environment: string) => `plan-${environment} after validate`;
const prepare = (environment: string) => `prepare-${environment} after validate`;
const deploy = (environment: string, deployAfter: readonly string[], when = '') =>
  `deploy-${environment} after ${[`prepare-${environment}`, ...deployAfter.map((one) => `deploy-${one}`)].join('+')} in vendhost-platform/${environment}${when}`;
const byHand = ' by hand';

const all = ['dev', 'staging', 'production'];
const planned = (environments = all) => [validate, ...environments.map(plan)];
const deployed = [
  validate,
  ...all.map(prepare),
  deploy('dev', []),
  deploy('staging', ['dev'], byHand),
  deploy('production', ['dev', 'staging'], byHand),
];

const cases: readonly Case[] = [
  ['push to the default branch', push, {}, deployed],
  ['first push to the default branch', { ...push, before: 'none' }, {}, deployed],
  ['pipeline started by hand for the default branch', { event: 'web', branch: 'main' }, {}, deployed],
  ['push to another branch', { event: 'push', branch: 'bigger' }, {}, []],
  ['pipeline started by hand for another branch', { event: 'web', branch: 'bigger' }, {}, []],
  ['merge request', mergeRequest, {}, planned()],
  ['merge request from the default branch', { ...mergeRequest, branch: 'main', targetBranch: 'bigger' }, {}, planned()],
  ['merge request from a fork', { ...mergeRequest, fork: 'somebody/lanterns' }, {}, [validate]],
  ['tag', { event: 'tag', branch: 'v1.0.0' }, {}, []],
  ['tag named like the branch', { event: 'tag', branch: 'main' }, { branch: 'main' }, []],
  ['schedule', { event: 'schedule', branch: 'main' }, {}, []],
  ['another branch: push to it', { ...push, branch: 'bigger' }, { branch: 'bigger' }, deployed],
  ['another branch: push to the default branch', push, { branch: 'bigger' }, []],
  [
    'no staging: production still waits for dev',
    push,
    { environments: 'dev production' },
    [validate, prepare('dev'), prepare('production'), deploy('dev', []), deploy('production', ['dev'], byHand)],
  ],
  ['no staging: merge request', mergeRequest, { environments: 'dev production' }, planned(['dev', 'production'])],
  [
    'production alone',
    push,
    { environments: 'production' },
    [validate, prepare('production'), deploy('production', [], byHand)],
  ],
  [
    'dev and staging without a click',
    push,
    { automatic: 'dev staging' },
    [...deployed.slice(0, 5), deploy('staging', ['dev']), deploy('production', ['dev', 'staging'], byHand)],
  ],
  [
    'nothing without a click',
    push,
    { automatic: 'none', environments: 'dev' },
    [validate, prepare('dev'), deploy('dev', [], byHand)],
  ],
  [
    'rules of the owner come first',
    { event: 'schedule', branch: 'main' },
    { plan_rules: [{ if: '$CI_PIPELINE_SOURCE == "schedule"' }], environments: 'dev production' },
    ['plan-dev', 'plan-production'],
  ],
  [
    'rules of the owner do not bring back an environment that is not there',
    push,
    { environments: 'dev', deploy_rules: [{ when: 'on_success' }] },
    [validate, prepare('dev'), deploy('dev', [])],
  ],
  [
    'a prefix',
    mergeRequest,
    { job_prefix: 'platform ', environments: 'dev' },
    ['platform validate', 'platform plan-dev after platform validate'],
  ],
];

let directory: string;
let platform: PlatformProject;
let listed: Map<string, readonly string[]>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ci-templates-platform-'));
  platform = await publishPlatform({ directory: join(directory, 'git-host'), gitlab: defaultGitlab });
  const kinds = [...new Set(cases.map(([, , inputs]) => JSON.stringify(inputs)))];
  const repositories = new Map<string, string>();
  for (const kind of kinds) repositories.set(kind, await owner(repositories.size, JSON.parse(kind)));
  const list = async ([title, event, inputs]: Case) =>
    [title, await jobsOf(repositories.get(JSON.stringify(inputs)) ?? '', event)] as const;
  listed = new Map(await inPairs(cases, list));
});
afterAll(() => rm(directory, { recursive: true }));

async function owner(number: number, inputs: Inputs): Promise<string> {
  const include = {
    project: 'platform/vendhost',
    ref: `v${await version()}`,
    file: `/ci-templates/${platformPipeline.file}`,
  };
  const repository = await createRepository(
    join(directory, `owner-${number}`),
    { '.gitlab-ci.yml': stringify({ include: [{ ...include, inputs }] }) },
    'main',
  );
  await git(repository, ['branch', 'bigger']);
  for (const tag of ['v1.0.0', 'main']) await git(repository, ['tag', tag]);
  return repository;
}

async function jobsOf(repository: string, event: EventOptions): Promise<string[]> {
  const place = { tenantRepository: repository, projectPath: project, defaultBranch: 'main' };
  const jobs = await listJobs({ ...place, directory: join(directory, 'runs'), platform, ...event });
  const names = jobs.map(({ name }) => name);
  return jobs.map(({ name, when, environment, needs = [] }) => {
    const present = needs.filter((one) => names.includes(one));
    return [
      name,
      present.length > 0 ? ` after ${present.join('+')}` : '',
      environment === '' ? '' : ` in ${environment}`,
      when === 'manual' ? byHand : '',
    ].join('');
  });
}

test.each(cases)('%s', (title, _event, _inputs, jobs) => {
  expect(listed.get(title)).toEqual(jobs);
});
