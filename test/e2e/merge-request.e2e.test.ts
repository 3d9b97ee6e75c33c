import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PipelineResult } from '../local-gitlab/run.ts';
import { startWorld, type World } from './world.ts';

const logs = ({ jobs }: PipelineResult) => jobs.map(({ name, log }) => `${name}:\n${log}`).join('\n');
const statuses = ({ jobs }: PipelineResult) => jobs.map(({ name, status }) => [name, status]);

describe("a tenant's merge request", () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
    for (const words of [
      ['platform', 'deploy', '--environment', 'dev'],
      ['tenant', 'vend', 'shop', '--environment', 'dev', '--protect-branches', '--set-subject'],
    ]) {
      const { exitCode, all } = await world.operate(words);
      expect(exitCode, String(all)).toBe(0);
    }
  });
  afterAll(() => world?.stop());

  const notes = () => {
    const [project] = world.gitlab.state.projects();
    return (project && world.gitlab.state.discussions.notes(project, 7))?.map(({ body }) => body) ?? [];
  };

  test('gets a note that says what its push will do, by the read-only role', async () => {
    const pipeline = await world.propose('cart', { 'software/cart.txt': 'a cart\n' }, 'Add a cart');
    const result = await pipeline.result;
    expect(statuses(result), logs(result)).toEqual([
      ['validate', 'success'],
      ['plan', 'success'],
    ]);
    const [note = '', ...others] = notes();
    expect(others).toEqual([]);
    expect(note).toContain('Plan of shop in dev');
    expect(note).toContain('a first image is baked');
    expect(note).toContain('shop has no virtual host in dev yet: the push makes the first one');
    expect(note).toContain('/artifacts/file/plan.html');
  });

  test('has the same note edited, and fails, when the push would fail', async () => {
    const files = { 'vendhost.yml': 'instances: { type: m7i.48xlarge }\nhealth_check: { path: /health }\n' };
    const result = await (await world.propose('cart', files, 'A larger machine')).result;
    expect(statuses(result), logs(result)).toEqual([
      ['validate', 'success'],
      ['plan', 'failed'],
    ]);
    const [note = '', ...others] = notes();
    expect(others).toEqual([]);
    expect(note).toMatch(/instances\.type: .*m7i\.48xlarge.* is more than the platform grants/);
  });

  test('from a fork is not planned, and says so', async () => {
    const before = notes();
    const fork = { projectPath: 'somebody/shop', targetProject: 'acme/shop', variables: [] };
    world.gitlab.state.addProject('somebody/shop');
    const tokenSettings = world.gitlab.tokenSettings('somebody/shop');
    const pipeline = await world.propose('fix', { 'software/fix.txt': 'x\n' }, 'Fix it', { ...fork, tokenSettings });
    const result = await pipeline.result;
    expect(statuses(result), logs(result)).toEqual([['validate', 'success']]);
    expect(logs(result)).toContain('comes from a fork, whose pipelines get no credentials');
    expect(notes()).toEqual(before);
  });
});
