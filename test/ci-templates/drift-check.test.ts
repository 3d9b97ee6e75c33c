import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { pipelineFor } from '../../scripts/ci/explained-pipeline.ts';
import { type PipelineFile, readPipelineFile } from '../../scripts/ci/pipeline-file.ts';
import { publishPlatform, version } from '../local-gitlab/platform.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { driftTemplate, platformTemplate, sourceOf, type Template, tenantTemplate } from './templates.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let directory: string;
const files = new Map<Template, PipelineFile>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ci-templates-drift-'));
  await publishPlatform({ directory: join(directory, 'git-host'), gitlab: defaultGitlab });
  const ref = `v${await version()}`;
  for (const beside of [platformTemplate, tenantTemplate]) {
    const include = [beside, driftTemplate].map(({ file, required }) => ({
      project: 'platform/vendhost',
      ref,
      file: `/${sourceOf(file)}`,
      inputs: required,
    }));
    await writeFile(join(directory, '.gitlab-ci.yml'), stringify({ include }));
    files.set(beside, await readPipelineFile(directory));
  }
});

describe.each([
  ['platform', platformTemplate, 'main'],
  ['tenant', tenantTemplate, 'dev'],
] as const)('beside the template of a %s', (_, beside, branch) => {
  const jobs = (event: 'schedule' | 'web' | 'push' | 'tag') => {
    const given = { event, branch, changed: ['software/index.html'], defaultBranch: 'main' };
    const { jobs } = pipelineFor(files.get(beside)?.configuration ?? {}, given, []);
    return jobs.filter(({ when }) => when !== 'never');
  };

  test('a schedule checks, and does nothing else; what it finds fails the pipeline', () => {
    expect(jobs('schedule').map(({ name, when }) => [name, when])).toEqual([['drift', 'on_success']]);
    expect(files.get(beside)?.configuration.drift).toMatchObject({ allow_failure: false });
  });

  test('a person may start it in a pipeline that was started by hand, which does not wait for it', () => {
    expect(jobs('web')).toContainEqual(expect.objectContaining({ name: 'drift', when: 'manual' }));
  });

  test.each(['push', 'tag'] as const)('a %s has no such job', (event) => {
    expect(jobs(event).map(({ name }) => name)).not.toContain('drift');
  });
});
