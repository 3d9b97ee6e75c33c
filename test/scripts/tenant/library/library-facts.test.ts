import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GitlabApi, openGitlab } from '../../../../scripts/gitlab/api.ts';
import { allowJobTokens } from '../../../../scripts/gitlab/job-token-scope.ts';
import { readLibraryProject } from '../../../../scripts/tenant/library/library-facts.ts';
import { recorder } from '../../../builders/recorder.ts';
import { type LocalGitlab, startLocalGitlab } from '../../../local-gitlab/api.ts';
import type { Project } from '../../../local-gitlab/api-state.ts';

const path = 'platform/vendhost';
let gitlab: LocalGitlab;
let library: Project;
let api: GitlabApi;
beforeEach(async () => {
  gitlab = await startLocalGitlab({ projects: ['acme/shop', path] });
  library = gitlab.state.projects()[1] as Project;
  api = open(gitlab.token);
});
afterEach(() => gitlab.stop());

function open(VENDHOST_GITLAB_TOKEN: string): GitlabApi {
  const opened = openGitlab(recorder({ CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN }), 'https://other.test');
  if (opened === undefined) throw new Error('no API');
  return opened;
}
const group = (path: string, group_access_level: number) => ({
  group_id: 1,
  group_name: path,
  group_full_path: path,
  group_access_level,
});

describe('what is read of the library', () => {
  test('is who reads its files and who may pull its image', async () => {
    const shared_with_groups = [group('acme', 20), group('guests', 10)];
    gitlab.state.change(library, { visibility: 'internal', repository_access_level: 'private', shared_with_groups });
    gitlab.state.changeJobTokens(library, { projects: [1], groups: ['acme/web'] });
    expect(await readLibraryProject(api, path)).toEqual({
      id: 2,
      path,
      visibility: 'internal',
      repository: 'private',
      registry: 'enabled',
      readers: ['acme'],
      tokens: { isLimited: true, projects: [1], groups: ['acme/web'] },
    });
  });

  test('comes from every page', async () => {
    const projects = Array.from({ length: 130 }, (_, number) => gitlab.state.addProject(`acme/app-${number}`).id);
    const groups = Array.from({ length: 130 }, (_, number) => `acme/group-${number}`);
    gitlab.state.changeJobTokens(library, { projects, groups });
    expect((await readLibraryProject(api, path))?.tokens).toEqual({ isLimited: true, projects, groups });
  });

  test('of an instance without a registry', async () => {
    gitlab.state.change(library, { container_registry_image_prefix: undefined });
    expect(await readLibraryProject(api, path)).toMatchObject({ registry: 'disabled' });
  });

  test('is what the token may see', async () => {
    gitlab.state.limitRoles(library, 30);
    expect(await readLibraryProject(api, path)).not.toHaveProperty('tokens');
    gitlab.state.limitRoles(library, 0);
    expect(await readLibraryProject(api, path)).toBeUndefined();
    expect(await readLibraryProject(api, 'platform/gone')).toBeUndefined();
    await expect(readLibraryProject(open('wrong-token'), path)).rejects.toMatchObject({ code: 'GITLAB_TOKEN_REFUSED' });
  });
});

test("the tenant's project is added to the allowlist, once, also when another run has just done it", async () => {
  for (const _ of ['first', 'second']) {
    await allowJobTokens(api, library.id, 1);
    expect((await readLibraryProject(api, path))?.tokens).toMatchObject({ projects: [1] });
  }
});
