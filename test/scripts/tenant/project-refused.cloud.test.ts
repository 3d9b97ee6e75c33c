import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { readStack } from '../../../scripts/stack/stack-state.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { startLocalGitlab } from '../../local-gitlab/api.ts';
import type { GitlabState, Project } from '../../local-gitlab/api-state.ts';
import { errorIn, vendhost } from '../command-line.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '100000000327';
let platform: Platform;
let repository: PlatformRepository;
beforeAll(async () => {
  platform = await makePlatform(cloudAccount(account), { network: true, balancers: 1 });
  repository = await platformRepository(account);
});

interface Given {
  readonly version?: string;
  readonly words?: readonly string[];
  readonly tenant?: object;
  readonly token?: boolean;
  /** Developers may push to `dev`. */
  readonly open?: boolean;
  /** What is set of the library; platform.yml names it then. */
  readonly library?: (state: GitlabState, library: Project) => unknown;
}

/** Plans the tenant `mill`, whose branch `dev` is protected, on a GitLab of a version. */
async function plan({ version = '19.4.1-ee', words = [], tenant = {}, token = true, open = false, library }: Given) {
  const gitlab = await startLocalGitlab({ projects: ['acme/mill', 'platform/vendhost'], version });
  onTestFinished(() => gitlab.stop());
  const project = gitlab.state.project('acme/mill');
  if (project === undefined) throw new Error('no project');
  gitlab.state.protectBranch(project, 'dev', { push: open ? 30 : 40 });
  const [, shared] = gitlab.state.projects();
  if (shared !== undefined) library?.(gitlab.state, shared);
  await repository.writePlatform({}, library === undefined ? {} : { library: 'platform/vendhost' });
  await repository.writeTenant('mill', { project: 'acme/mill', hosts: { dev: ['mill.dev.example.com'] }, ...tenant });
  const access = token ? { CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token } : {};
  const line = ['tenant', 'vend', 'mill', '--environment', 'dev', '--dry-run', ...words];
  const ended = await vendhost(line, { env: { ...platform.env, ...access }, cwd: repository.directory });
  expect(await readStack(platform.aws, 'vendhost-dev-mill-access')).toBeUndefined();
  return ended;
}

test.each<[string, Given, string]>([
  ['an option that needs a token', { token: false, words: ['--set-subject'] }, 'GITLAB_TOKEN_MISSING'],
  ["a GitLab that gives forks the project's token", { version: '18.2.1-ee' }, 'GITLAB_TOO_OLD'],
  [
    'a subject that this GitLab does not know',
    { version: '18.5.0', tenant: { subject: 'project_id' } },
    'SUBJECT_UNSUPPORTED',
  ],
  ['a library that nobody named', { words: ['--allow-library'] }, 'LIBRARY_UNNAMED'],
  [
    'an allowlist that the token may not see',
    { words: ['--allow-library'], library: (state, library) => state.limitRoles(library, 30) },
    'LIBRARY_UNREADABLE',
  ],
])('%s is refused', async (_what, given, code) => {
  const ended = await plan(given);
  expect([ended.code, errorIn(ended)]).toEqual([1, code]);
});

test.each<[string, Given, string, RegExp]>([
  ['roles that know the project by its path', { version: '19.0.3' }, 'GITLAB_OLD', /by its path only/],
  ['Developers who may deploy', { open: true }, 'BRANCH_OPEN', /Developers may push/],
  [
    'a subject that other environments do not trust yet',
    { tenant: { hosts: { dev: ['mill.dev.example.com'], staging: ['mill.staging.example.com'] } } },
    'SUBJECT_HELD_BACK',
    /staging/,
  ],
  ['a library that nobody named', {}, 'LIBRARY_UNNAMED', /names no library/],
  [
    'a library that the token does not see',
    { library: (state, library) => state.limitRoles(library, 0) },
    'LIBRARY_UNREADABLE',
    /does not see platform\/vendhost/,
  ],
  ['a library for its members', { library: () => undefined }, 'LIBRARY_PRIVATE', /members only/],
  ['an image that its jobs cannot pull', { library: () => undefined }, 'LIBRARY_NOT_ALLOWED', /cannot pull the image/],
  [
    'a library without a registry',
    { library: (state, library) => state.change(library, { container_registry_access_level: 'disabled' }) },
    'LIBRARY_NO_REGISTRY',
    /no container registry/,
  ],
])('%s: a warning, and the plan goes on', async (_what, given, code, message) => {
  const ended = await plan({ ...given, words: ['--json'] });
  expect([ended.code, errorIn(ended)]).toEqual([2, undefined]);
  const { warnings } = (JSON.parse(ended.stdout) as { project: { warnings: { code: string; message: string }[] } })
    .project;
  expect(warnings).toContainEqual(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});
