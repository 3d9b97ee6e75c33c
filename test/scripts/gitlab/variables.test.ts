import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GitlabApi, openGitlab } from '../../../scripts/gitlab/api.ts';
import { planVariables, readVariables, writeVariables } from '../../../scripts/gitlab/variables.ts';
import { recorder } from '../../builders/recorder.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';

const project = 'acme/shop';
const variable = (key: string, value: string, scope = 'dev') => ({ key, value, scope });

let gitlab: LocalGitlab;
beforeEach(async () => {
  gitlab = await startLocalGitlab({ projects: [project] });
});
afterEach(() => gitlab.stop());

function open(env: Record<string, string> = {}): GitlabApi {
  const runtime = recorder({ CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token, ...env });
  const api = openGitlab(runtime, 'https://gitlab.example.test');
  if (api === undefined) throw new Error('no API');
  return api;
}

describe('planVariables', () => {
  test('creates what is missing, updates what differs, leaves the rest', () => {
    const present = [variable('A', '1'), variable('B', 'old'), variable('C', '3', 'staging'), variable('D', '4')];
    expect(planVariables([variable('A', '1'), variable('B', 'new'), variable('C', '3')], present)).toEqual([
      { ...variable('B', 'new'), action: 'update' },
      { ...variable('C', '3'), action: 'create' },
    ]);
  });
});

describe('a project of GitLab', () => {
  test('gets its variables, and the next plan is empty', async () => {
    const api = open();
    const wanted = [variable('AWS_REGION', 'eu-west-1'), variable('AWS_REGION', 'eu-central-1', 'staging')];
    await writeVariables(api, project, planVariables(wanted, await readVariables(api, project)));
    expect(planVariables(wanted, await readVariables(api, project))).toEqual([]);
    expect(gitlab.variables(project)).toMatchObject([
      { key: 'AWS_REGION', value: 'eu-west-1', environment_scope: 'dev', protected: false, masked: false, raw: true },
      { key: 'AWS_REGION', value: 'eu-central-1', environment_scope: 'staging' },
    ]);
  });

  test('an update changes the variable of its environment only', async () => {
    const api = open();
    const before = [variable('A', '1'), variable('A', '1', 'staging')];
    await writeVariables(api, project, planVariables(before, []));
    await writeVariables(
      api,
      project,
      planVariables([variable('A', '2', 'staging')], await readVariables(api, project)),
    );
    expect(await readVariables(api, project)).toEqual([variable('A', '1'), variable('A', '2', 'staging')]);
  });

  test('one that another vend made meanwhile gets the value; one of another environment stays', async () => {
    const api = open();
    await writeVariables(api, project, planVariables([variable('A', 'theirs'), variable('A', '1', 'staging')], []));
    await writeVariables(api, project, planVariables([variable('A', 'ours')], []));
    expect(await readVariables(api, project)).toEqual([variable('A', 'ours'), variable('A', '1', 'staging')]);
  });

  test('every page is read', async () => {
    const api = open();
    const many = Array.from({ length: 45 }, (_, index) => variable(`KEY_${index}`, 'value'));
    await writeVariables(api, project, planVariables(many, []));
    expect(await readVariables(api, project)).toHaveLength(45);
  });
});

describe('what GitLab refuses', () => {
  test.each([
    [{ VENDHOST_GITLAB_TOKEN: 'wrong-token' }, project, 'GITLAB_TOKEN_REFUSED'],
    [{}, 'acme/unknown', 'GITLAB_PROJECT_UNKNOWN'],
    [{ CI_API_V4_URL: 'http://127.0.0.1:1/api/v4' }, project, 'GITLAB_UNREACHABLE'],
  ])('%j, %s → %s', async (env, path, code) => {
    await expect(readVariables(open(env), path)).rejects.toMatchObject({ code });
  });

  test('without a token there is no API', () => {
    expect(openGitlab(recorder({}), 'https://gitlab.example.test')).toBeUndefined();
  });
});
