import { Gitlab } from '@gitbeaker/rest';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LocalGitlab, startLocalGitlab } from './api.ts';
import type { Project } from './api-state.ts';

let api: LocalGitlab;
let library: Project;
beforeEach(async () => {
  api = await startLocalGitlab({ projects: ['platform/vendhost', 'acme/shop'] });
  library = api.state.projects()[0] as Project;
});
afterEach(() => api.stop());

const scopes = (token = api.token) => new Gitlab({ host: api.address, token }).ProjectJobTokenScopes;

async function failure(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as { cause: { response: { status: number }; description: unknown } },
  );
  return { status: error?.cause.response.status, description: error?.cause.description };
}

test('of a new project take nobody but itself', async () => {
  expect(await scopes().show(1)).toEqual({ inbound_enabled: true, outbound_enabled: false });
  expect(await scopes().showInboundAllowList('platform/vendhost')).toMatchObject([{ id: 1 }]);
  expect(await scopes().showGroupsAllowList(1)).toEqual([]);
});

test('a project is added by its number, and comes with every page', async () => {
  expect(await scopes().addToInboundAllowList(1, 2)).toEqual({ source_project_id: 1, target_project_id: 2 });
  for (let number = 0; number < 30; number += 1) {
    const { id } = api.state.addProject(`acme/app-${number}`);
    api.state.changeJobTokens(library, { projects: [...api.state.jobTokens(library).projects, id] });
  }
  expect(await scopes().showInboundAllowList(1)).toHaveLength(32);
  api.state.changeJobTokens(library, { groups: Array.from({ length: 25 }, (_, number) => `group-${number}`) });
  const groups = await scopes().showGroupsAllowList(1);
  expect(groups).toHaveLength(25);
  expect(groups[24]).toEqual({ id: 25, name: 'group-24', web_url: 'https://gitlab.example.test/groups/group-24' });
});

describe('refused is', () => {
  test('who is not Maintainer of that project', async () => {
    expect(await failure(scopes(api.developerToken).show(1))).toMatchObject({ status: 403 });
    api.state.limitRoles(library, 30);
    expect(await failure(scopes().showInboundAllowList(1))).toMatchObject({ status: 403 });
    expect(await scopes().show(2)).toMatchObject({ inbound_enabled: true });
  });

  test('who is no member: of a private project as if it were not there, of others as a Guest', async () => {
    api.state.limitRoles(library, 0);
    const { Projects } = new Gitlab({ host: api.address, token: api.token });
    expect(await failure(Projects.show(1))).toMatchObject({ status: 404 });
    expect(await failure(scopes().show(1))).toMatchObject({ status: 404 });
    expect(await Projects.all()).toMatchObject([{ id: 2 }]);
    api.state.change(library, { visibility: 'internal' });
    expect(await Projects.show(1)).toMatchObject({ visibility: 'internal', repository_access_level: 'enabled' });
    expect(await failure(scopes().show(1))).toMatchObject({ status: 403 });
  });

  test('a path, the project itself, one that is on the list, one that is not seen, and one too many', async () => {
    expect(await failure(scopes().addToInboundAllowList('platform/vendhost', 2))).toEqual({
      status: 400,
      description: 'id is invalid',
    });
    const add = (id: number) => failure(scopes().addToInboundAllowList(1, id));
    expect(await add(1)).toMatchObject({ status: 400, description: expect.stringContaining("can't be the same") });
    expect(await add(9)).toMatchObject({ status: 404 });
    await scopes().addToInboundAllowList(1, 2);
    expect(await add(2)).toMatchObject({ status: 400, description: expect.stringContaining('already in') });
    const hidden = api.state.addProject('others/hidden');
    api.state.limitRoles(hidden, 0);
    expect(await add(hidden.id)).toMatchObject({ status: 400, description: expect.stringContaining('permission') });
    api.state.changeJobTokens(library, { projects: Array.from({ length: 200 }, (_, number) => number + 100) });
    expect(await add(2)).toMatchObject({
      status: 400,
      description: expect.stringContaining('exceeds the allowable number'),
    });
  });
});
