import { afterEach, describe, expect, test } from 'vitest';
import { subjectComponents } from '../../../scripts/config/tenant.ts';
import { type GitlabApi, openGitlab } from '../../../scripts/gitlab/api.ts';
import { protectBranch } from '../../../scripts/gitlab/protection.ts';
import { writeTokenSubject } from '../../../scripts/gitlab/token-subject.ts';
import { isAtLeast } from '../../../scripts/gitlab/version.ts';
import { readProjectFacts } from '../../../scripts/tenant/project-facts.ts';
import { recorder } from '../../builders/recorder.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';
import type { GitlabOptions } from '../../local-gitlab/api-state.ts';

const path = 'acme/shop';
let gitlab: LocalGitlab | undefined;
afterEach(() => gitlab?.stop());

async function start(options: GitlabOptions = {}) {
  gitlab = await startLocalGitlab({ projects: [path], ...options });
  const { state, api, token, developerToken } = gitlab;
  const open = (given: string): GitlabApi => {
    const opened = openGitlab(recorder({ CI_API_V4_URL: api, VENDHOST_GITLAB_TOKEN: given }), 'https://other.test');
    if (opened === undefined) throw new Error('no API');
    return opened;
  };
  const [project] = state.projects();
  if (project === undefined) throw new Error('no project');
  return { state, project, maintainer: open(token), developer: open(developerToken) };
}

describe('what is read of a project', () => {
  test('is all that trust depends on', async () => {
    const { state, project, maintainer } = await start({ version: '18.2.2-ee', isPremium: true });
    state.protectBranch(project, 'release/*', { push: 30 });
    state.protectEnvironment(project, 'production');
    expect(await readProjectFacts(maintainer, path)).toEqual({
      id: 1,
      path,
      defaultBranch: 'master',
      forkPipelines: true,
      subject: ['project_path', 'ref_type', 'ref'],
      version: '18.2.2-ee',
      protectedBranches: [
        { name: 'master', developers: false },
        { name: 'release/*', developers: true },
      ],
      protectedEnvironments: ['production'],
      canProtectEnvironments: true,
      settings: {
        ...{
          description: '',
          isEmpty: false,
          pipelinePath: '',
          forwardDeployment: true,
          processMode: undefined,
          variablesRole: 'developer',
          restrictsVariables: false,
        },
      },
    });
  });

  test.each([
    [40, 40, false],
    [30, 40, true],
    [40, 30, true],
  ])('push for %i, merge for %i: open to Developers: %s', async (push, merge, developers) => {
    const { state, project, maintainer } = await start();
    state.protectBranch(project, 'dev', { push, merge });
    const { protectedBranches } = await readProjectFacts(maintainer, path);
    expect(protectedBranches).toContainEqual({ name: 'dev', developers });
  });

  test('comes from every page', async () => {
    const { state, project, maintainer } = await start({ isPremium: true });
    for (let number = 0; number < 45; number += 1) {
      state.protectBranch(project, `branch-${number}`);
      state.protectEnvironment(project, `environment-${number}`);
    }
    const facts = await readProjectFacts(maintainer, path);
    expect(facts.protectedBranches).toHaveLength(46);
    expect(facts.protectedEnvironments).toHaveLength(45);
  });

  test('has the path as GitLab spells it, and follows a project that was moved', async () => {
    const { state, project, maintainer } = await start();
    expect(await readProjectFacts(maintainer, 'ACME/Shop')).toMatchObject({ id: 1, path });
    state.moveProject(project, 'lanterns/shop');
    expect(await readProjectFacts(maintainer, path)).toMatchObject({ id: 1, path: 'lanterns/shop' });
    state.addProject(path);
    expect(await readProjectFacts(maintainer, path)).toMatchObject({ id: 2, path });
  });

  test('knows no protected environments on GitLab Free, and no subject before GitLab 17.10', async () => {
    const { maintainer } = await start({ version: '17.9.0' });
    const facts = await readProjectFacts(maintainer, path);
    expect(facts.protectedEnvironments).toEqual([]);
    expect(facts.subject).toBeUndefined();
  });

  test('needs a Maintainer, and a project that is there', async () => {
    const { maintainer, developer } = await start();
    await expect(readProjectFacts(developer, path)).rejects.toMatchObject({ code: 'GITLAB_FORBIDDEN' });
    await expect(readProjectFacts(maintainer, 'acme/gone')).rejects.toMatchObject({ code: 'GITLAB_PROJECT_UNKNOWN' });
  });
});

describe('what is written', () => {
  test('a branch is protected for Maintainers', async () => {
    const { state, project, maintainer, developer } = await start();
    await protectBranch(maintainer, path, 'dev');
    expect(state.protectedBranches(project)).toMatchObject([
      { name: 'master' },
      { name: 'dev', push_access_levels: [{ access_level: 40 }], merge_access_levels: [{ access_level: 40 }] },
    ]);
    await expect(protectBranch(developer, path, 'staging')).rejects.toMatchObject({ code: 'GITLAB_FORBIDDEN' });
  });

  test('the subject of ID tokens, and back', async () => {
    const { state, project, maintainer } = await start();
    for (const form of ['project_id', 'project_path'] as const) {
      await writeTokenSubject(maintainer, path, subjectComponents[form]);
      expect(state.current(project).ci_id_token_sub_claim_components).toEqual(subjectComponents[form]);
    }
  });

  test.each(['18.6.0', '18.7.0', '19.0.3'])('a subject that GitLab %s does not have is refused', async (version) => {
    const { state, project, maintainer } = await start({ version });
    await expect(writeTokenSubject(maintainer, path, subjectComponents.project_id)).rejects.toMatchObject({
      code: 'SUBJECT_REFUSED',
      details: [expect.stringContaining('must be the first element of the sub claim')],
      hint: expect.stringContaining('subject: project_path'),
    });
    expect(state.current(project).ci_id_token_sub_claim_components).toEqual(subjectComponents.project_path);
  });

  test('a subject that GitLab takes and does not keep is named', async () => {
    const { maintainer } = await start();
    const forgetful: GitlabApi = {
      address: maintainer.address,
      call: (what, work) => (what.startsWith('set ') ? Promise.resolve({} as never) : maintainer.call(what, work)),
    };
    await expect(writeTokenSubject(forgetful, path, subjectComponents.project_id)).rejects.toMatchObject({
      code: 'SUBJECT_NOT_SET',
      details: [expect.stringContaining('project_id'), 'found project_path, ref_type, ref'],
    });
  });
});

test.each([
  ['18.2.2', '18.2.2', true],
  ['18.2.2-ee', '18.2.2', true],
  ['18.2.1', '18.2.2', false],
  ['18.10.0', '18.2.2', true],
  ['9.5.10', '18.2.2', false],
  ['19.1.0-pre', '19.1', true],
  ['19.0.9', '19.1', false],
  ['20.0', '19.1', true],
  ['master', '19.1', undefined],
])('%s is at least %s: %s', (version, least, expected) => {
  expect(isAtLeast(version, least)).toBe(expected);
});
