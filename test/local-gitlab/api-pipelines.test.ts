import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalGitlab, startLocalGitlab } from './api.ts';
import type { PipelineResult } from './run.ts';

let gitlab: LocalGitlab;
const ends: ((result: PipelineResult) => void)[] = [];

beforeAll(async () => {
  gitlab = await startLocalGitlab({ projects: ['acme/shop', 'acme/idle'] });
  const [shop] = gitlab.state.projects();
  gitlab.state.pipelines.serve(shop?.id ?? 0, {
    commitOf: async (branch) => (branch === 'dev' ? 'c0ffee' : undefined),
    start: async ({ onJob, onLine, signal }) => {
      onJob?.({ job: 'bake', status: 'running', durationMs: 0 });
      onLine?.({ job: 'bake', text: 'an image' } as Parameters<typeof onLine>[0]);
      const result = new Promise<PipelineResult>((resolve) => {
        ends.push(resolve);
        signal?.addEventListener('abort', () => resolve(ended('canceled')));
      });
      return { result, cancel: async () => undefined, started: async () => undefined };
    },
  });
});
afterAll(() => gitlab.stop());

const ended = (status: PipelineResult['status']) => ({ status, jobs: [] }) as unknown as PipelineResult;

async function call(method: string, path: string) {
  const headers = { 'private-token': gitlab.token };
  const response = await fetch(`${gitlab.api}/projects/acme%2F${path}`, { method, headers });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

test('starts the pipeline of a branch, tells how its jobs are, and what they say', async () => {
  const { status, body } = await call('POST', 'shop/pipeline?ref=dev');
  expect([status, body.sha, body.source]).toEqual([201, 'c0ffee', 'api']);
  await expect.poll(async () => (await call('GET', `shop/pipelines/${body.id}`)).body.status).toBe('running');
  const { body: jobs } = await call('GET', `shop/pipelines/${body.id}/jobs`);
  expect(jobs).toMatchObject([{ name: 'bake', status: 'running' }]);
  expect(await call('GET', `shop/jobs/${jobs[0].id}/trace`)).toEqual({ status: 200, body: 'an image\n' });
  ends.at(-1)?.(ended('success'));
  await expect.poll(async () => (await call('GET', `shop/pipelines/${body.id}`)).body.status).toBe('success');
});

test('cancels a pipeline, and lists those of a status', async () => {
  const { body } = await call('POST', 'shop/pipeline?ref=dev');
  await expect.poll(async () => (await call('GET', 'shop/pipelines?status=running')).body.length).toBe(1);
  expect((await call('POST', `shop/pipelines/${body.id}/cancel`)).status).toBe(200);
  await expect.poll(async () => (await call('GET', `shop/pipelines/${body.id}`)).body.status).toBe('canceled');
});

test('knows no other branch, project or job', async () => {
  expect((await call('POST', 'shop/pipeline?ref=main')).body).toEqual({ message: { base: ['Reference not found'] } });
  expect((await call('POST', 'shop/pipeline')).status).toBe(400);
  expect((await call('GET', 'idle/pipelines/1')).status).toBe(404);
  expect((await call('GET', 'shop/jobs/999/trace')).status).toBe(404);
  expect((await call('GET', 'idle/runners')).body).toEqual([]);
  expect((await call('GET', 'shop/runners')).body).toHaveLength(1);
});
