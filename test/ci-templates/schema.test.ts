import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { previewPipeline } from '../local-gitlab/list.ts';
import { type PlatformProject, projectRoot, publishPlatform, version } from '../local-gitlab/platform.ts';
import { createRepository } from '../local-gitlab/repository.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import schema from './gitlab-ci.schema.json' with { type: 'json' };
import { baseFile, jobNames, pipelineFile, pipelines, platformPipeline, templates } from './templates.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const ajv = new Ajv({ strict: false, allErrors: true });
formats.default(ajv);
// Where GitLab wants an address it takes a variable too, as the pattern beside the format says.
ajv.addFormat('uri', (text) => text.startsWith('$') || URL.canParse(text));
const validate = ajv.compile(schema);

function faults(document: unknown): string[] {
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

let directory: string;
let platform: PlatformProject;
let project: { project: string; ref: string };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ci-templates-schema-'));
  platform = await publishPlatform({ directory: join(directory, 'git-host'), gitlab: defaultGitlab });
  project = { project: 'platform/vendhost', ref: `v${await version()}` };
});
afterAll(() => rm(directory, { recursive: true }));

let tenants = 0;
async function expanded(pipeline: unknown): Promise<Record<string, Record<string, unknown>>> {
  tenants += 1;
  const repository = await createRepository(
    join(directory, `tenant-${tenants}`),
    { '.gitlab-ci.yml': stringify(pipeline) },
    'dev',
  );
  const text = await previewPipeline({
    tenantRepository: repository,
    projectPath: 'acme/shop',
    event: 'push',
    branch: 'dev',
    directory: join(directory, 'runs'),
    platform,
  });
  // What gitlab-ci-local adds of its own: the stages that every pipeline has.
  return parse(text, { merge: true });
}

test.each(templates.map(({ file, spec }) => [file, spec] as const))('the header of %s is valid', (_, spec) => {
  expect(faults({ spec })).toEqual([]);
});

describe('after expansion', () => {
  test.each(pipelines)('$file with nothing but its required inputs is valid', async ({ file, required, stages }) => {
    const document = await expanded({ include: [{ ...project, file: `/ci-templates/${file}`, inputs: required }] });
    expect(document.stages).toEqual(['.pre', ...stages, '.post']);
    expect(document.validate).toMatchObject({
      image: { name: expect.stringMatching(/vendhost:\d/) },
      retry: { when: ['runner_system_failure', 'scheduler_failure'] },
    });
    expect(faults(document)).toEqual([]);
  });

  test("the platform's pipeline with every input set is valid, and the inputs arrive", async () => {
    const perJob = ['validate', 'plan', 'prepare', 'deploy'].map((job) => ({
      [`${job}_rules`]: [{ if: '$SKIP == "yes"', when: 'never' }],
      [`${job}_needs`]: [{ job: 'lint', optional: true }],
      [`${job}_timeout`]: '5m',
    }));
    const inputs = Object.assign(
      {
        image: 'registry.example.test/mirror/vendhost@sha256:0123',
        tags: ['big', 'docker'],
        branch: 'release/platform',
        environments: 'dev production',
        automatic: 'none',
        id_token_audience: 'https://aws.example.test',
        stages: ['lint', ...platformPipeline.stages],
        job_prefix: 'vendhost ',
        prepare_expire_in: '2 days',
      },
      ...perJob,
    );
    const declared = templates.find(({ file }) => file === platformPipeline.file)?.spec.inputs ?? {};
    expect(Object.keys(inputs).sort()).toEqual(Object.keys(declared).sort());
    const document = await expanded({
      include: [{ ...project, file: `/ci-templates/${platformPipeline.file}`, inputs }],
      lint: { stage: 'lint', script: ['true'] },
    });
    expect(faults(document)).toEqual([]);
    expect(document['vendhost plan-production']).toMatchObject({
      image: { name: inputs.image },
      tags: ['big', 'docker'],
      timeout: '5m',
      interruptible: true,
      allow_failure: { exit_codes: [2] },
      needs: [{ job: 'vendhost validate' }, { job: 'lint' }],
      script: ['vendhost platform plan --environment production --report report-production.json'],
      artifacts: { when: 'always', reports: { terraform: 'report-production.json' } },
    });
    expect(document['vendhost prepare-production']).toMatchObject({
      interruptible: false,
      resource_group: 'vendhost-platform-production',
      needs: [{ job: 'vendhost validate' }, { job: 'lint' }],
      script: ['vendhost platform plan --environment production --save plan-production.json'],
      artifacts: { access: 'developer', expire_in: '2 days', paths: ['plan-production.json'] },
    });
    expect(document['vendhost deploy-production']).toMatchObject({
      interruptible: false,
      resource_group: 'vendhost-platform-production',
      environment: { name: 'vendhost-platform/production', action: 'start' },
      id_tokens: { VENDHOST_ID_TOKEN: { aud: 'https://aws.example.test' } },
      needs: [
        { job: 'vendhost prepare-production' },
        { job: 'vendhost deploy-dev', optional: true },
        { job: 'vendhost deploy-staging', optional: true },
        { job: 'lint' },
      ],
      script: ['vendhost platform deploy --environment production --plan plan-production.json'],
      rules: [
        { when: 'never' },
        { if: '$SKIP == "yes"', when: 'never' },
        { when: 'never' },
        { if: '"release/platform" == "" && $CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH', when: 'never' },
        { if: '"release/platform" != "" && $CI_COMMIT_BRANCH != "release/platform"', when: 'never' },
        {},
        { when: 'manual', allow_failure: false },
      ],
    });
  });

  test("a tenant's pipeline with every input set is valid, and the inputs arrive", async () => {
    const perJob = jobNames.map((job) => ({
      [`${job}_rules`]: [{ if: '$SKIP == "yes"', when: 'never' }],
      [`${job}_needs`]: [{ job: 'lint', optional: true }],
      [`${job}_timeout`]: '5m',
    }));
    const inputs = Object.assign(
      {
        tenant: 'shop',
        image: 'registry.example.test/mirror/vendhost@sha256:0123',
        tags: ['big', 'docker'],
        dev_branch: 'develop',
        staging_branch: 'release/next',
        production_branch: 'main',
        infrastructure_paths: ['machine/**/*'],
        id_token_audience: 'https://aws.example.test',
        stages: ['lint', ...jobNames],
        job_prefix: 'vendhost ',
      },
      ...perJob,
    );
    const document = await expanded({
      include: [{ ...project, file: `/ci-templates/${pipelineFile}`, inputs }],
      lint: { stage: 'lint', script: ['true'] },
    });
    expect(faults(document)).toEqual([]);
    expect(document['vendhost provision']).toMatchObject({
      image: { name: inputs.image },
      tags: ['big', 'docker'],
      timeout: '5m',
      needs: [{ job: 'vendhost bake' }, { job: 'lint' }],
      id_tokens: { VENDHOST_ID_TOKEN: { aud: 'https://aws.example.test' } },
      rules: [
        { if: '$SKIP == "yes"', when: 'never' },
        { when: 'never' },
        { if: '$CI_COMMIT_BRANCH == "develop"', changes: { paths: ['machine/**/*'] } },
        { if: '$CI_COMMIT_BRANCH == "release/next"' },
        { if: '$CI_COMMIT_BRANCH == "main"' },
      ],
    });
  });

  test('job files one by one are valid, and a hidden job can be overridden', async () => {
    const document = await expanded({
      stages: ['all'],
      include: [
        { ...project, file: `/ci-templates/${baseFile}`, inputs: { tenant: 'shop' } },
        ...jobNames.map((job) => ({
          ...project,
          file: `/ci-templates/${job}.gitlab-ci.yml`,
          inputs: { stage: 'all' },
        })),
      ],
      '.vendhost': { variables: { VENDHOST_ENVIRONMENT: 'dev' } },
      '.vendhost-bake': { before_script: ['echo mine'] },
    });
    expect(faults(document)).toEqual([]);
    expect(document.bake).toMatchObject({
      stage: 'all',
      before_script: ['echo mine'],
      variables: { VENDHOST_TENANT: 'shop', VENDHOST_ENVIRONMENT: 'dev' },
    });
  });

  test('a value that an input does not take is refused', async () => {
    const inputs = { tenant: 'No Good' };
    const include = [{ ...project, file: `/ci-templates/${pipelineFile}`, inputs }];
    await expect(expanded({ include })).rejects.toThrow('does not match required regex');
  });

  test.each([{ environments: 'dev test' }, { environments: 'dev,staging' }, { automatic: 'none dev' }])(
    'environments that do not exist are refused: %o',
    async (inputs) => {
      const include = [{ ...project, file: `/ci-templates/${platformPipeline.file}`, inputs }];
      await expect(expanded({ include })).rejects.toThrow('does not match required regex');
    },
  );
});

test("the project's own pipeline is valid", async () => {
  expect(faults(parse(await readFile(join(projectRoot, '.gitlab-ci.yml'), 'utf8')))).toEqual([]);
});

test('the schema refuses what GitLab refuses', () => {
  const job = { script: ['true'] };
  expect(faults({ job: { ...job, retry: { max: 1, when: ['bad luck'] } } })).not.toEqual([]);
  expect(faults({ job: { ...job, needs: [{ jobs: 'typo' }] } })).not.toEqual([]);
  expect(faults({ spec: { inputs: { tenant: { type: 'text' } } } })).not.toEqual([]);
  expect(faults({ job })).toEqual([]);
});
