import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { pipelineFor } from '../../scripts/ci/explained-pipeline.ts';
import { type PipelineFile, readPipelineFile } from '../../scripts/ci/pipeline-file.ts';
import { publishPlatform, version } from '../local-gitlab/platform.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { driftTemplate, fleetTemplate, platformTemplate, sourceOf } from './templates.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let file: PipelineFile;

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ci-templates-fleet-'));
  await publishPlatform({ directory: join(directory, 'git-host'), gitlab: defaultGitlab });
  const ref = `v${await version()}`;
  const include = [platformTemplate, driftTemplate, fleetTemplate].map(({ file: named, required }) => ({
    project: 'platform/vendhost',
    ref,
    file: `/${sourceOf(named)}`,
    inputs: required,
  }));
  await writeFile(join(directory, '.gitlab-ci.yml'), stringify({ include }));
  file = await readPipelineFile(directory);
});

function jobs(event: 'schedule' | 'web' | 'push', branch = 'main') {
  const { jobs: all } = pipelineFor(file.configuration, { event, branch, changed: [], defaultBranch: 'main' }, []);
  return all.filter(({ when }) => when !== 'never').map(({ name, when }) => [name, when]);
}

test('a schedule on the default branch publishes the page, beside the drift check', () => {
  expect(jobs('schedule')).toEqual([
    ['drift', 'on_success'],
    ['fleet', 'on_success'],
  ]);
  expect(file.configuration.fleet).toMatchObject({ pages: true, artifacts: { paths: ['public'] } });
});

test('a person may start it, a push does not, and another branch never publishes', () => {
  expect(jobs('web')).toContainEqual(['fleet', 'manual']);
  for (const others of [jobs('push'), jobs('schedule', 'feature'), jobs('web', 'feature')]) {
    expect(others.map(([name]) => name)).not.toContain('fleet');
  }
});
