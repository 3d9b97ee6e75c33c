import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { git, projectRoot, publishPlatform } from '../local-gitlab/platform.ts';
import { createRepository } from '../local-gitlab/repository.ts';
import { type PipelineOptions, type PipelineResult, runPipeline } from '../local-gitlab/run.ts';
import { createIssuer } from '../local-gitlab/tokens.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** Stands in for the command: says what it was given, and writes the files the real one would; the plan of staging fails. */
const recorder = `#!/bin/bash
echo "$* in $VENDHOST_ENVIRONMENT | $(cat "$4" 2>/dev/null)"
[ "$2" != note ] || ls plans
echo "token=$VENDHOST_ID_TOKEN"
[ "$2" = plan ] || exit 0
echo "$2 of $VENDHOST_ENVIRONMENT" > "$4"
[ "$1" = mr ] || exit 0
mkdir -p plans
echo "plan" > "$6"
[ "$VENDHOST_ENVIRONMENT" != staging ]
`;

let directory: string;
let mergeRequest: PipelineResult;
let push: PipelineResult;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ci-templates-platform-pipeline-'));
  const bin = join(directory, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'vendhost'), recorder);
  await chmod(join(bin, 'vendhost'), 0o755);
  const pipeline = await readFile(join(projectRoot, 'examples/platform/.gitlab-ci.yml'), 'utf8');
  const repository = await createRepository(join(directory, 'lanterns'), { '.gitlab-ci.yml': pipeline }, 'main');
  await git(repository, ['branch', 'bigger']);
  const options: PipelineOptions = {
    tenantRepository: repository,
    projectPath: 'operations/lanterns',
    defaultBranch: 'main',
    event: 'push',
    branch: 'main',
    directory: join(directory, 'runs'),
    platform: await publishPlatform({ directory: join(directory, 'git-host'), gitlab: defaultGitlab }),
    path: [bin],
    issuer: await createIssuer({ issuer: defaultGitlab, directory }),
  };
  mergeRequest = await runPipeline({ ...options, event: 'merge_request', branch: 'bigger', targetBranch: 'main' });
  push = await runPipeline({ ...options, manual: ['deploy-staging'] });
});

const statuses = ({ jobs }: PipelineResult) => Object.fromEntries(jobs.map(({ name, status }) => [name, status]));
const logOf = ({ jobs }: PipelineResult, name: string) => jobs.find((job) => job.name === name)?.log ?? '';
const claimsOf = (result: PipelineResult, job: string) =>
  decodeJwt(/^token=(.+)$/m.exec(logOf(result, job))?.[1] ?? '');

describe('a merge request', () => {
  test('plans every environment, and has one note of all, also when a plan fails', () => {
    expect(statuses(mergeRequest)).toEqual({
      validate: 'success',
      'plan-dev': 'success',
      'plan-staging': 'failed',
      'plan-production': 'success',
      note: 'success',
    });
    expect(mergeRequest.status).toBe('failed');
    expect(logOf(mergeRequest, 'note')).toMatch(/^dev\.json\nproduction\.json\nstaging\.json$/m);
  });

  test('gives its plans a token of its branch and of no environment, and validate none', () => {
    const claims = claimsOf(mergeRequest, 'plan-dev');
    expect(claims).toMatchObject({
      aud: defaultGitlab,
      sub: 'project_path:operations/lanterns:ref_type:branch:ref:bigger',
    });
    expect(claims).not.toHaveProperty('environment');
    expect(logOf(mergeRequest, 'validate')).toMatch(/^token=$/m);
  });
});

describe('a push to the default branch', () => {
  test('deploys dev, and what somebody starts by hand', () => {
    expect(statuses(push)).toEqual({
      validate: 'success',
      'prepare-dev': 'success',
      'prepare-staging': 'success',
      'prepare-production': 'success',
      'deploy-dev': 'success',
      'deploy-staging': 'success',
      'deploy-production': 'manual',
      'vend-dev': 'success',
      'vend-staging': 'manual',
      'vend-production': 'manual',
    });
  });

  test('vends what the register changes, after the deployment and as the same environment', () => {
    expect(logOf(push, 'vend-dev')).toContain('tenant vend --changed in dev');
    expect(claimsOf(push, 'vend-dev')).toMatchObject({
      sub: 'project_path:operations/lanterns:ref_type:branch:ref:main',
      environment: 'vendhost-platform/dev',
    });
  });

  test.each(['dev', 'staging'])('gives the plan of %s to its deployment', (environment) => {
    expect(logOf(push, `deploy-${environment}`)).toContain(
      `platform deploy --plan plan.json in ${environment} | plan of ${environment}\n`,
    );
    expect(claimsOf(push, `deploy-${environment}`)).toMatchObject({
      sub: 'project_path:operations/lanterns:ref_type:branch:ref:main',
      environment: `vendhost-platform/${environment}`,
      environment_action: 'start',
    });
  });
});
