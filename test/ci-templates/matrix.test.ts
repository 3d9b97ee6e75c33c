import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { type ExplainedJob, pipelineFor } from '../../scripts/ci/explained-pipeline.ts';
import type { PipelineEvent } from '../../scripts/ci/pipeline-event.ts';
import { type PipelineFile, readPipelineFile } from '../../scripts/ci/pipeline-file.ts';
import type { EventOptions } from '../local-gitlab/event.ts';
import { listJobs } from '../local-gitlab/list.ts';
import { type PlatformProject, publishPlatform, version } from '../local-gitlab/platform.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { type Cell, readMatrix } from './matrix.ts';
import { type Changes, changedFiles, repositoryWith } from './matrix-repository.ts';
import { inPairs } from './pairs.ts';
import { platformTemplate, sourceOf, tenantTemplate } from './templates.ts';

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

const inputs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'tenant.yml': tenantTemplate.required,
  'tenant.yml with infrastructure: changed': { ...tenantTemplate.required, infrastructure: 'changed' },
  'platform.yml': platformTemplate.required,
};
const cells = readMatrix().map(
  (cell) => [`${cell.table}: ${cell.title} (${cell.changes}), ${cell.branch}`, cell] as const,
);

let directory: string;
let platform: PlatformProject;
const files = new Map<string, PipelineFile>();
const pipelineText = new Map<string, string>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ci-templates-matrix-'));
  platform = await publishPlatform({ directory: join(directory, 'git-host'), gitlab: defaultGitlab });
  for (const [table, given] of Object.entries(inputs)) {
    const file = `/${sourceOf(String(table.split(' ')[0]))}`;
    const include = [{ project: 'platform/vendhost', ref: `v${await version()}`, file, inputs: given }];
    pipelineText.set(table, stringify({ include }));
    await writeFile(join(directory, '.gitlab-ci.yml'), stringify({ include }));
    files.set(table, await readPipelineFile(directory));
  }
});

const mergeRequests = ['merge_request', 'merge_train', 'fork'];

function explained(cell: Cell) {
  const configuration = files.get(cell.table)?.configuration ?? {};
  const { branch, target, openMergeRequest } = cell;
  const changed = cell.manner === 'the first' ? undefined : changedFiles[cell.changes as Changes];
  const event = cell.event as PipelineEvent;
  return pipelineFor(configuration, { event, branch, target, openMergeRequest, changed, defaultBranch: 'main' }, []);
}

/** A job as the table writes it. */
function inWords({ name, environment, needs = [], when, variables }: Partial<ExplainedJob>): string {
  return [
    name,
    environment ? ` in ${environment}` : '',
    needs.length > 0 ? ` after ${needs.join(', ')}` : '',
    variables?.VENDHOST_REQUIRE_PROVISIONED === 'true' ? ', requires a provisioned host' : '',
    when === 'manual' ? ', by hand' : '',
  ].join('');
}

test.each(cells)('%s', (_, cell) => {
  const { created, why, jobs } = explained(cell);
  const words = created
    ? jobs.filter(({ runs }) => runs).map(inWords)
    : [why.startsWith('workflow') ? '- workflow' : '- empty'];
  expect(words).toEqual(cell.expected);
});

test('every table is read', () => {
  expect([...new Set(cells.map(([, { table }]) => table))]).toEqual(Object.keys(inputs));
  expect(cells.length).toBeGreaterThan(150);
});

/**
 * Columns that stand for the others; what gitlab-ci-local cannot tell apart (`workflow:rules`, no jobs at all) is left out, and
 * pipelines that other pipelines start, which the local GitLab does not have.
 */
const judged = new Set(['dev', 'feature/cart', 'main']);
const unknownToIt = ['pipeline', 'parent_pipeline'];
const comparable = cells.filter(([, { table, branch, expected, manner, openMergeRequest, event }]) => {
  const isRepeated = branch === 'feature/cart' && table !== 'tenant.yml';
  const isShown =
    judged.has(branch) && !isRepeated && expected[0] !== '- workflow' && !manner.startsWith('the one before');
  return isShown && !unknownToIt.includes(event) && (!openMergeRequest || mergeRequests.includes(event));
});

describe('gitlab-ci-local', () => {
  let listed: Map<string, readonly string[]>;

  beforeAll(async () => {
    const repositories = new Map<string, Promise<string>>();
    const repositoryOf = ({ table, changes, manner }: Cell) => {
      const kind = `${table}-${changes}-${manner}`;
      const place = join(directory, `repository-${repositories.size}`);
      const made =
        repositories.get(kind) ?? repositoryWith(place, pipelineText.get(table) ?? '', changes as Changes, manner);
      repositories.set(kind, made);
      return made;
    };
    listed = new Map(
      await inPairs(comparable, async ([title, cell]) => [title, await list(await repositoryOf(cell), cell)] as const),
    );
  });

  async function list(tenantRepository: string, cell: Cell): Promise<string[]> {
    const jobs = await listJobs({
      ...eventOf(cell),
      tenantRepository,
      projectPath: 'acme/shop',
      defaultBranch: cell.table === 'platform.yml' ? 'main' : 'master',
      directory: join(directory, 'runs'),
      platform,
    });
    const names = jobs.map(({ name }) => name);
    return jobs.map((job) => inWords({ ...job, needs: job.needs?.filter((need) => names.includes(need)) }));
  }

  test.each(comparable)('says the same: %s', (title, { expected }) => {
    // It does not show variables.
    const jobs = expected
      .filter((job) => job !== '- empty')
      .map((job) => job.replace(', requires a provisioned host', ''));
    expect(listed.get(title)).toEqual(jobs);
  });
});

function eventOf({ event, branch, target, openMergeRequest, manner }: Cell): EventOptions {
  if (mergeRequests.includes(event)) {
    const options = { branch, targetBranch: target ?? '', openMergeRequest: true };
    if (event === 'fork') return { ...options, event: 'merge_request', fork: 'somebody/shop' };
    return { ...options, event: event as 'merge_request' | 'merge_train' };
  }
  if (event === 'tag') return { event, branch: 'v1.0.0' };
  const before = manner === 'the first' ? 'none' : manner === 'forced' ? 'refs/heads/replaced' : 'HEAD~1';
  return { event: event as 'push', branch, openMergeRequest, ...(event === 'push' ? { before } : {}) };
}
