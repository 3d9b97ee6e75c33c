import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Environment } from '../../../../scripts/config/environment.ts';
import { openGitlab } from '../../../../scripts/gitlab/api.ts';
import {
  cancelOwnPipelines,
  readOwnProject,
  removeSchedules,
  removeVariables,
} from '../../../../scripts/tenant/retire/retire-project.ts';
import { scheduleOf } from '../../../../scripts/tenant/setup/plan-setup.ts';
import { recorder } from '../../../builders/recorder.ts';
import { environmentConfig } from '../../../builders/sample.ts';
import { type LocalGitlab, startLocalGitlab } from '../../../local-gitlab/api.ts';
import type { PipelineResult } from '../../../local-gitlab/run.ts';

const place = { environment: 'dev', tenant: 'shop' } as const;
const config = environmentConfig('dev', '100000000001') as Parameters<typeof readOwnProject>[2];
const project = { path: 'acme/shop', branch: 'dev', leaving: ['dev'] } as const;
let gitlab: LocalGitlab;

beforeAll(async () => {
  gitlab = await startLocalGitlab({ projects: [project.path] });
  const [shop] = gitlab.state.projects();
  gitlab.state.pipelines.serve(shop?.id ?? 0, {
    commitOf: async () => 'c0ffee',
    start: async ({ signal }) => {
      const result = new Promise<PipelineResult>((resolve) => {
        signal?.addEventListener('abort', () => resolve({ status: 'canceled', jobs: [] } as unknown as PipelineResult));
      });
      return { result, cancel: async () => undefined, started: async () => undefined };
    },
  });
});
afterAll(() => gitlab.stop());

const api = () => {
  const opened = openGitlab(recorder({ VENDHOST_GITLAB_TOKEN: gitlab.token }), gitlab.address);
  if (opened === undefined) throw new Error('there is a token');
  return opened;
};
const post = (path: string, body: object) =>
  fetch(`${gitlab.api}/projects/acme%2Fshop/${path}`, {
    method: 'POST',
    headers: { 'private-token': gitlab.token, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

test('running pipelines of the branch are cancelled, those of other branches continue', async () => {
  await Promise.all([post('pipeline', { ref: 'dev' }), post('pipeline', { ref: 'staging' })]);
  const read = () => readOwnProject(api(), place, config, project);
  await expect.poll(async () => (await read()).pipelines.length).toBe(1);
  const { pipelines } = await read();
  await cancelOwnPipelines(api(), project.path, [...pipelines, 999]);
  await expect.poll(async () => (await read()).pipelines).toEqual([]);
  const onStaging = { ...project, branch: 'staging' };
  expect((await readOwnProject(api(), place, config, onStaging)).pipelines).toHaveLength(1);
});

test('the schedule of drift checks goes with the last environment', async () => {
  await post('pipeline_schedules', { description: scheduleOf('shop'), ref: 'dev', cron: '1 3 * * *' });
  await post('pipeline_schedules', { description: 'of somebody else', ref: 'dev', cron: '1 3 * * *' });
  const role = 'arn:aws:iam::1:role/vendhost-staging-shop-deploy';
  await post('variables', { key: 'VENDHOST_ROLE_ARN', value: role, environment_scope: 'staging' });
  const read = async (leaving: readonly Environment[]) =>
    (await readOwnProject(api(), place, config, { ...project, leaving })).schedules;
  expect(await read(['dev'])).toEqual([]);
  const [id = 0, ...more] = await read(['dev', 'staging']);
  expect(more).toEqual([]);
  await removeSchedules(api(), project.path, [id, 999]);
  expect(await read(['dev', 'staging'])).toEqual([]);
  const [shop] = gitlab.state.projects();
  const left = shop === undefined ? [] : gitlab.state.setups.of(shop).schedules;
  expect(left.map(({ description }) => description)).toEqual(['of somebody else']);
  await removeVariables(api(), project.path, [{ key: 'VENDHOST_ROLE_ARN', value: role, scope: 'staging' }]);
});

test('a variable is removed only in its scope; a missing one is fine', async () => {
  const own = {
    key: 'VENDHOST_ROLE_ARN',
    value: 'arn:aws:iam::100000000001:role/vendhost-dev-shop-deploy',
    scope: 'dev',
  };
  const write = ({ key, value }: typeof own, environment_scope: string) =>
    post('variables', { key, value, environment_scope });
  await write(own, 'dev');
  await write({ ...own, value: 'another' }, 'staging');
  expect((await readOwnProject(api(), place, config, project)).variables).toEqual([own]);
  await removeVariables(api(), project.path, [own]);
  await removeVariables(api(), project.path, [own]);
  expect(gitlab.variables(project.path).map(({ environment_scope }) => environment_scope)).toEqual(['staging']);
});

test('a project is identified by its number: a moved one is found, and the one now at its path is left alone', async () => {
  const [shop] = gitlab.state.projects();
  if (shop === undefined) throw new Error('there is a project');
  const recorded = { ...project, path: 'acme/former', projectId: shop.id };
  expect((await readOwnProject(api(), place, config, recorded)).path).toBe('acme/shop');
  const gone = readOwnProject(api(), place, config, { ...project, projectId: 4711 });
  await expect(gone).rejects.toMatchObject({ code: 'GITLAB_PROJECT_UNKNOWN' });
});
