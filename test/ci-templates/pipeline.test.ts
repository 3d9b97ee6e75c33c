import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { type PlatformProject, publishPlatform, version } from '../local-gitlab/platform.ts';
import { createRepository } from '../local-gitlab/repository.ts';
import { type PipelineResult, runPipeline } from '../local-gitlab/run.ts';
import { createIssuer } from '../local-gitlab/tokens.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { tenantTemplate } from './templates.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** Stands in for the command: says what it was given, and writes the dotenv file the real one would. */
const recorder = `#!/bin/bash
echo "$* | $VENDHOST_TENANT $VENDHOST_ENVIRONMENT $VENDHOST_VERBOSE | $AWS_REGION $VENDHOST_ROLE_ARN" \\
  "| image=$VENDHOST_IMAGE_ID revision=$VENDHOST_REVISION_KEY"
echo "token=$VENDHOST_ID_TOKEN"
case "$1" in
  image) echo VENDHOST_IMAGE_ID=ami-1 > "\${@: -1}" ;;
  revision) echo VENDHOST_REVISION_KEY=software/shop/1.zip > "\${@: -1}" ;;
  release) echo VENDHOST_URL=https://shop.dev.example.test > "\${@: -1}"; exit 3 ;;
esac
`;

let directory: string;
let platform: PlatformProject;
let result: PipelineResult;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ci-templates-pipeline-'));
  platform = await publishPlatform({ directory: join(directory, 'git-host'), gitlab: defaultGitlab });
  const bin = join(directory, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'vendhost'), recorder);
  await chmod(join(bin, 'vendhost'), 0o755);
  const project = { project: 'platform/vendhost', ref: `v${await version()}`, file: '/templates/tenant.yml' };
  const scoped = (key: string, value: string, environment_scope: string) => ({ key, value, environment_scope });
  result = await runPipeline({
    tenantRepository: await createRepository(
      join(directory, 'shop'),
      { '.gitlab-ci.yml': stringify({ include: [{ ...project, inputs: tenantTemplate.required }] }) },
      'dev',
    ),
    projectPath: 'acme/shop',
    event: 'push',
    branch: 'dev',
    directory: join(directory, 'runs'),
    platform,
    path: [bin],
    issuer: await createIssuer({ issuer: defaultGitlab, directory }),
    variables: [
      scoped('AWS_REGION', 'eu-west-1', 'dev'),
      scoped('VENDHOST_ROLE_ARN', 'arn:dev', 'dev'),
      scoped('VENDHOST_ROLE_ARN', 'arn:production', 'production'),
    ],
  });
});

const logOf = (name: string) => result.jobs.find((job) => job.name === name)?.log ?? '';

describe('a push to dev', () => {
  test('runs every job; a superseded release is a warning', () => {
    expect(Object.fromEntries(result.jobs.map(({ name, status }) => [name, status]))).toEqual({
      validate: 'success',
      bake: 'success',
      package: 'success',
      provision: 'success',
      release: 'warning',
    });
    expect(result.status).toBe('success');
  });

  test.each([
    ['validate', 'config check --directory ./ | shop  false |   | image= revision='],
    ['bake', 'image bake --directory ./ --dotenv image.env | shop dev false | eu-west-1 arn:dev | image= revision='],
    ['provision', 'host provision --directory ./ | shop dev false | eu-west-1 arn:dev | image=ami-1 revision='],
    [
      'package',
      'revision push --directory ./ --dotenv revision.env | shop dev false | eu-west-1 arn:dev | image= revision=',
    ],
    [
      'release',
      'release start --dotenv release.env | shop dev false | eu-west-1 arn:dev | image= revision=software/shop/1.zip',
    ],
  ])('gives %s what it needs and no more', (job, line) => {
    expect(logOf(job)).toContain(`${line}\n`);
  });

  test.each([
    ['bake', 'access'],
    ['provision', 'prepare'],
    ['package', 'access'],
    ['release', 'start'],
  ])('gives %s a token for its branch and environment', (job, action) => {
    const token = /^token=(.+)$/m.exec(logOf(job))?.[1] ?? '';
    expect(decodeJwt(token)).toMatchObject({
      aud: defaultGitlab,
      sub: 'project_path:acme/shop:ref_type:branch:ref:dev',
      environment: 'dev',
      environment_action: action,
    });
  });

  test('gives validate no token', () => {
    expect(logOf('validate')).toMatch(/^token=$/m);
  });
});
