import { Gitlab } from '@gitbeaker/rest';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LocalGitlab, startLocalGitlab } from './api.ts';

let api: LocalGitlab;
beforeEach(async () => {
  api = await startLocalGitlab({ projects: ['acme/shop', 'acme/deep/blog'] });
});
afterEach(() => api.stop());

const client = (token = api.token) => new Gitlab({ host: api.address, token });

async function get(path: string, init: RequestInit = {}) {
  const response = await fetch(`${api.address}/api/v4${path}`, { headers: { 'private-token': api.token }, ...init });
  const body: unknown = await response.json().catch(() => undefined);
  return { status: response.status, headers: response.headers, body };
}

async function failure(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as { cause: { response: { status: number }; description: unknown } },
  );
  return { status: error?.cause.response.status, description: error?.cause.description };
}

describe('the client library of the command', () => {
  test('finds a project by its path and by its number', async () => {
    const byPath = await client().Projects.show('acme/deep/blog');
    expect(byPath).toMatchObject({ id: 2, path_with_namespace: 'acme/deep/blog' });
    expect(await client().Projects.show(2)).toEqual(byPath);
  });

  test('a variable lives in its scope', async () => {
    const { ProjectVariables } = client();
    const set = (value: string, environmentScope: string) =>
      ProjectVariables.create('acme/shop', 'AWS_REGION', value, { environmentScope });
    await set('eu-west-1', 'dev');
    await set('eu-west-2', 'production');
    const scoped = { filter: { environment_scope: 'production' } };
    expect(await ProjectVariables.show('acme/shop', 'AWS_REGION', scoped)).toMatchObject({ value: 'eu-west-2' });
    await ProjectVariables.edit('acme/shop', 'AWS_REGION', 'eu-west-3', scoped);
    await ProjectVariables.remove('acme/shop', 'AWS_REGION', { filter: { environment_scope: 'dev' } });
    expect(await ProjectVariables.all('acme/shop')).toEqual([
      {
        variable_type: 'env_var',
        key: 'AWS_REGION',
        value: 'eu-west-3',
        protected: false,
        masked: false,
        hidden: false,
        raw: false,
        environment_scope: 'production',
        description: null,
      },
    ]);
  });

  test('lists every page', async () => {
    const project = api.state.addProject('acme/many');
    for (let number = 0; number < 45; number += 1)
      api.state.createVariable(project, { key: `K_${number}`, value: 'v' });
    expect(await client().ProjectVariables.all('acme/many')).toHaveLength(45);
    expect(api.variables('acme/many')).toHaveLength(45);
  });
});

describe('what GitLab refuses', () => {
  test('a wrong token', async () => {
    expect(await failure(client('wrong').Projects.show('acme/shop'))).toMatchObject({ status: 401 });
  });

  test('a project, a variable and a path that do not exist', async () => {
    expect(await get('/projects/acme%2Fgone')).toMatchObject({
      status: 404,
      body: { message: '404 Project Not Found' },
    });
    expect(await get('/projects/1/variables/GONE')).toMatchObject({
      status: 404,
      body: { message: '404 Variable Not Found' },
    });
    expect((await get('/projects/1/badges')).status).toBe(404);
  });

  test('the same key and scope twice', async () => {
    const create = () => client().ProjectVariables.create('acme/shop', 'KEY', 'value', { environmentScope: 'dev' });
    await create();
    expect(await failure(create())).toMatchObject({
      status: 400,
      description: expect.stringContaining('(KEY) has already been taken'),
    });
  });

  test('a key with several scopes and no filter', async () => {
    const { ProjectVariables } = client();
    for (const environmentScope of ['dev', 'staging']) {
      await ProjectVariables.create('acme/shop', 'KEY', 'value', { environmentScope });
    }
    expect(await failure(ProjectVariables.remove('acme/shop', 'KEY'))).toMatchObject({ status: 409 });
  });

  test('a bad key, a missing value and a masked value that cannot be masked', async () => {
    const post = async (body: unknown) => {
      const headers = { 'private-token': api.token, 'content-type': 'application/json' };
      return get('/projects/1/variables', { method: 'POST', headers, body: JSON.stringify(body) });
    };
    expect(await post({ key: 'A-B', value: 'v' })).toMatchObject({
      status: 400,
      body: { message: { key: [expect.any(String)] } },
    });
    expect(await post({ key: 'KEY' })).toMatchObject({ status: 400, body: { error: 'value is missing' } });
    expect(await post({ key: 'KEY', value: 'short', masked: true })).toMatchObject({
      status: 400,
      body: { message: { value: ['is invalid'] } },
    });
  });
});

describe('a project', () => {
  const put = (body: unknown, token = api.token) =>
    get('/projects/1', {
      method: 'PUT',
      headers: { 'private-token': token, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  test('shows its CI/CD settings to Maintainers only', async () => {
    const settings = {
      ci_allow_fork_pipelines_to_run_in_parent_project: true,
      ci_id_token_sub_claim_components: ['project_path', 'ref_type', 'ref'],
    };
    expect(await client().Projects.show(1)).toMatchObject(settings);
    const seen = await client(api.developerToken).Projects.show(1);
    expect(Object.keys(seen).filter((key) => key.startsWith('ci_'))).toEqual([]);
  });

  test('is changed by Maintainers only, and they alone see variables and protections', async () => {
    const developer = client(api.developerToken);
    expect((await put({ ci_id_token_sub_claim_components: ['project_path'] }, api.developerToken)).status).toBe(403);
    expect(await failure(developer.ProjectVariables.all(1))).toMatchObject({ status: 403 });
    expect(await failure(developer.ProtectedBranches.all(1))).toMatchObject({ status: 403 });
  });

  test('takes a subject by the rules of its version, and nothing else', async () => {
    const components = ['project_id', 'ref', 'user_login'];
    expect(await put({ ci_id_token_sub_claim_components: components })).toMatchObject({
      status: 400,
      body: {
        message: {
          'ci_cd_settings.id_token_sub_claim_components': ['user_login is not an allowed sub claim component'],
        },
      },
    });
    expect((await put({})).status).toBe(400);
    expect(await put({ ci_id_token_sub_claim_components: ['project_id', 'ref'] })).toMatchObject({
      status: 200,
      body: { ci_id_token_sub_claim_components: ['project_id', 'ref'] },
    });
  });

  test('protects its default branch from the start, and no branch twice', async () => {
    const { ProtectedBranches } = client();
    expect(await ProtectedBranches.all(1)).toMatchObject([{ name: 'master' }]);
    await ProtectedBranches.protect(1, 'release/*');
    expect(await ProtectedBranches.show(1, 'release/*')).toMatchObject({ push_access_levels: [{ access_level: 40 }] });
    expect(await failure(ProtectedBranches.protect(1, 'release/*'))).toMatchObject({ status: 409 });
    expect(await failure(ProtectedBranches.show(1, 'dev'))).toMatchObject({ status: 404 });
  });

  test('tells a pipeline what its ID tokens are made of, as it is then', () => {
    const settings = api.tokenSettings('acme/shop');
    const [project] = api.state.projects();
    if (project === undefined) throw new Error('no project');
    const before = {
      projectId: 1,
      subjectComponents: ['project_path', 'ref_type', 'ref'],
      environmentProtected: false,
    };
    expect(settings('release/dev', false, 'dev')).toEqual({ ...before, refProtected: false });
    api.state.protectBranch(project, 'release/*');
    api.state.protectEnvironment(project, 'dev');
    expect(settings('release/dev', false, 'dev')).toEqual({
      ...before,
      refProtected: true,
      environmentProtected: true,
    });
    expect(settings('release/dev', true, undefined)).toEqual({ ...before, refProtected: false });
    expect(settings('release', false, undefined)).toEqual({ ...before, refProtected: false });
  });
});

test('its version', async () => {
  expect(await client().Metadata.show()).toMatchObject({ version: '19.4.1-ee', enterprise: true });
});

describe('paging', () => {
  test('by offset has numbers and links', async () => {
    const { headers, body } = await get('/projects?per_page=1');
    expect(body).toHaveLength(1);
    expect(Object.fromEntries(headers)).toMatchObject({ 'x-next-page': '2', 'x-total': '2', 'x-total-pages': '2' });
    expect(headers.get('link')).toContain('page=2');
  });

  test('by key continues after the last id', async () => {
    const first = await get('/projects?pagination=keyset&order_by=id&per_page=1');
    const next = /<(?<url>[^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.groups?.url ?? '';
    const second = await get(next.replace(`${api.address}/api/v4`, ''));
    expect([first.body, second.body]).toMatchObject([[{ id: 1 }], [{ id: 2 }]]);
    expect(second.headers.get('link')).toBeNull();
  });
});
