import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { pipelineFor } from '../../scripts/ci/explained-pipeline.ts';
import type { Happening } from '../../scripts/ci/pipeline-event.ts';
import { readPipelineFile } from '../../scripts/ci/pipeline-file.ts';
import { platformTemplate, type Template, tenantTemplate } from './templates.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ci-templates-inputs-'));
});

type Inputs = Readonly<Record<string, unknown>>;

/** The jobs that run, each with its environment and, if a person starts it, `by hand`. */
async function jobsWith(template: Template, inputs: Inputs, happening: Happening, own: Inputs = {}): Promise<string[]> {
  const component = `$CI_SERVER_FQDN/platform/vendhost/${template.file.replace('.yml', '')}@v0.1.0`;
  const include = [{ component, inputs: { ...template.required, ...inputs } }];
  await writeFile(join(directory, '.gitlab-ci.yml'), stringify({ include, ...own }));
  const { configuration } = await readPipelineFile(directory);
  const { created, jobs } = pipelineFor(configuration, { defaultBranch: 'main', ...happening }, []);
  return !created
    ? []
    : jobs
        .filter(({ runs }) => runs)
        .map(({ name, environment, when }) =>
          [name, environment, when === 'manual' ? 'by hand' : ''].filter(Boolean).join(' '),
        );
}

const push = (branch: string, changed?: readonly string[]): Happening => ({ event: 'push', branch, changed });
const all = (environment: string, prefix = '') => [
  `${prefix}validate`,
  ...['bake', 'provision', 'package', 'release'].map((job) => `${prefix}${job} ${environment}`),
];

describe("a tenant's inputs", () => {
  test('another branch for an environment, also where merge requests are open', async () => {
    const inputs = { dev_branch: 'develop' };
    const open = { openMergeRequest: true };
    expect(await jobsWith(tenantTemplate, inputs, { ...push('develop'), ...open })).toEqual([
      'validate',
      'plan',
      ...all('dev').slice(1),
    ]);
    expect(await jobsWith(tenantTemplate, inputs, push('dev'))).toEqual(['validate']);
    expect(await jobsWith(tenantTemplate, inputs, { ...push('dev'), ...open })).toEqual([]);
    const promotion: Happening = { event: 'merge_request', branch: 'develop', target: 'staging' };
    expect(await jobsWith(tenantTemplate, inputs, promotion)).toEqual([]);
  });

  test('an environment that is left out', async () => {
    const inputs = { production_branch: '', staging_branch: '' };
    const open = { openMergeRequest: true };
    expect(await jobsWith(tenantTemplate, inputs, push('dev'))).toEqual(all('dev'));
    expect(await jobsWith(tenantTemplate, inputs, push('master'))).toEqual(['validate']);
    expect(await jobsWith(tenantTemplate, inputs, { ...push('master'), ...open })).toEqual([]);
    expect(await jobsWith(tenantTemplate, inputs, { event: 'tag', branch: 'v1' })).toEqual([]);
    const feature: Happening = { event: 'merge_request', branch: 'feature/cart', target: 'dev' };
    expect(await jobsWith(tenantTemplate, inputs, feature)).toEqual(['validate', 'plan']);
    expect(await jobsWith(tenantTemplate, inputs, { ...feature, target: 'master' })).toEqual(['validate']);
    expect(await jobsWith(tenantTemplate, inputs, { ...push('dev'), ...open })).toEqual(all('dev'));
    const none = { ...inputs, dev_branch: '', infrastructure: 'changed' };
    expect(await jobsWith(tenantTemplate, none, push('dev'))).toEqual(['validate']);
  });

  test.each([
    ['shop/', true],
    ['.shop/..a/.../a.b/', true],
    ['./shop/', false],
    ['../x/', false],
    ['a/../b/', false],
    ['a/./', false],
    ['shop', false],
    ['/shop/', false],
  ])('a folder %s can match: %s', async (folder, isAllowed) => {
    const run = jobsWith(tenantTemplate, { directory: folder }, push('dev'));
    await (isAllowed ? expect(run).resolves.toHaveLength(5) : expect(run).rejects.toThrow('1 fault'));
  });

  test('a folder, and prefixes of jobs and environments', async () => {
    const inputs = { directory: 'a/b/', job_prefix: 'b ', environment_prefix: 'b/', infrastructure: 'changed' };
    const run = (file: string) => jobsWith(tenantTemplate, inputs, push('master', [file]));
    expect(await run('a/b/infrastructure/x')).toEqual(all('b/production', 'b '));
    expect(await run('a/b/vendhost.yml')).toEqual(all('b/production', 'b '));
    expect(await run('.gitlab-ci.yml')).toEqual(all('b/production', 'b '));
    const others = ['b validate', 'b package b/production', 'b release b/production'];
    expect(await run('infrastructure/x')).toEqual(others);
  });

  test.each(['bake', 'provision', 'package', 'release'])('a pipeline without %s can be created', async (job) => {
    const own = { [`.vendhost-${job}`]: { rules: [{ when: 'never' }] } };
    const jobs = await jobsWith(tenantTemplate, {}, push('dev'), own);
    expect(jobs).toEqual(all('dev').filter((one) => !one.startsWith(job)));
  });
});

describe("the platform's inputs", () => {
  const prepare = ['prepare-dev', 'prepare-staging', 'prepare-production'];
  /** Both jobs of an environment, behind the same guard. */
  const deploy = (environment: string, byHand = true) =>
    ['deploy', 'vend'].map(
      (job) => `${job}-${environment} vendhost-platform/${environment}${byHand ? ' by hand' : ''}`,
    );
  const mergeRequest: Happening = { event: 'merge_request', branch: 'bigger', target: 'main' };

  test.each<[string, Inputs, Happening, string[]]>([
    [
      'another branch',
      { branch: 'bigger' },
      push('bigger'),
      ['validate', ...prepare, ...deploy('dev', false), ...deploy('staging'), ...deploy('production')],
    ],
    ['another branch than the default one', { branch: 'bigger' }, push('main'), []],
    ['a merge request of that branch', { branch: 'bigger' }, mergeRequest, []],
    [
      'a merge request of the default branch',
      { branch: 'bigger' },
      { ...mergeRequest, branch: 'main' },
      ['validate', 'plan-dev', 'plan-staging', 'plan-production', 'note'],
    ],
    ['a tag of that name', { branch: 'bigger' }, { event: 'tag', branch: 'bigger' }, []],
    [
      'no staging',
      { environments: 'dev production' },
      push('main'),
      ['validate', 'prepare-dev', 'prepare-production', ...deploy('dev', false), ...deploy('production')],
    ],
    [
      'no staging, merge request',
      { environments: 'dev production' },
      mergeRequest,
      ['validate', 'plan-dev', 'plan-production', 'note'],
    ],
    [
      'dev and staging without a click',
      { automatic: 'dev staging' },
      push('main'),
      ['validate', ...prepare, ...deploy('dev', false), ...deploy('staging', false), ...deploy('production')],
    ],
    [
      'nothing without a click',
      { automatic: 'none', environments: 'dev' },
      push('main'),
      ['validate', 'prepare-dev', ...deploy('dev')],
    ],
    ['a prefix', { job_prefix: 'p ', environments: 'dev' }, mergeRequest, ['p validate', 'p plan-dev', 'p note']],
  ])('%s', async (_, inputs, happening, jobs) => {
    expect(await jobsWith(platformTemplate, inputs, happening)).toEqual(jobs);
  });

  test("a job of the owner's own without rules has one pipeline for each push", async () => {
    const own = { lint: { stage: 'validate', script: ['make'] } };
    const names = async (happening: Happening) =>
      await jobsWith(platformTemplate, { environments: 'dev' }, happening, own);
    const open = { openMergeRequest: true };
    expect(await names(mergeRequest)).toEqual(['validate', 'lint', 'plan-dev', 'note']);
    expect(await names({ ...push('bigger'), ...open })).toEqual([]);
    expect(await names(push('bigger'))).toEqual(['lint']);
    expect(await names({ ...push('main'), ...open })).toContain('lint');
    expect(await names({ ...mergeRequest, branch: 'main', target: 'bigger' })).toEqual([]);
  });

  test('rules of the owner do not bring back an environment that is not there', async () => {
    const own = { '.vendhost-plan': { rules: [{ if: '$CI_PIPELINE_SOURCE == "schedule"' }] } };
    const schedule: Happening = { event: 'schedule', branch: 'main' };
    expect(await jobsWith(platformTemplate, { environments: 'dev production' }, schedule, own)).toEqual([
      'plan-dev',
      'plan-production',
    ]);
  });
});
