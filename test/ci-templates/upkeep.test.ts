import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { pipelineFor } from '../../scripts/ci/explained-pipeline.ts';
import { type PipelineFile, readPipelineFile } from '../../scripts/ci/pipeline-file.ts';
import { publishPlatform, version } from '../local-gitlab/platform.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { sourceOf, tenantTemplate, upkeepTemplate } from './templates.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const files = new Map<string, PipelineFile>();

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ci-templates-upkeep-'));
  await publishPlatform({ directory: join(directory, 'git-host'), gitlab: defaultGitlab });
  const ref = `v${await version()}`;
  for (const updates of ['off', 'manual', 'auto']) {
    const include = [tenantTemplate, upkeepTemplate].map(({ file, required }) => ({
      ...{ project: 'platform/vendhost', ref, file: `/${sourceOf(file)}` },
      inputs: file === upkeepTemplate.file ? { ...required, updates } : required,
    }));
    await writeFile(join(directory, '.gitlab-ci.yml'), stringify({ include }));
    files.set(updates, await readPipelineFile(directory));
  }
});

function jobs(updates: string, event: 'schedule' | 'web' | 'push' | 'tag', branch = 'dev') {
  const given = { event, branch, changed: ['software/index.html'], defaultBranch: 'main' };
  const { jobs: found } = pipelineFor(files.get(updates)?.configuration ?? {}, given, []);
  const ran = found.filter(({ when }) => when !== 'never');
  return ran.map(({ name, when, variables }) => [name, when, variables?.VENDHOST_ENVIRONMENT]);
}

const prunes = (environment: string) => [
  ['prune-images', 'on_success', environment],
  ['prune-revisions', 'on_success', environment],
];

describe('a schedule beside the template of a tenant', () => {
  test.each([
    ['dev', 'dev'],
    ['staging', 'staging'],
    ['master', 'production'],
  ])('on %s works for %s, by the policy of the input', (branch, environment) => {
    expect(jobs('off', 'schedule', branch)).toEqual(prunes(environment));
    expect(jobs('manual', 'schedule', branch)).toEqual([
      ['rebake', 'on_success', environment],
      ['rollout', 'manual', environment],
      ...prunes(environment),
    ]);
    expect(jobs('auto', 'schedule', branch)).toEqual([
      ['rebake', 'on_success', environment],
      ['rollout', 'on_success', environment],
      ...prunes(environment),
    ]);
  });

  test('on another branch does nothing', () => {
    expect(jobs('auto', 'schedule', 'feature/cart')).toEqual([]);
  });

  test.each(['push', 'web', 'tag'] as const)('a %s has no job of it', (event) => {
    const names = jobs('auto', event).map(([name]) => name);
    for (const name of ['rebake', 'rollout', 'prune-images', 'prune-revisions']) expect(names).not.toContain(name);
  });
});
