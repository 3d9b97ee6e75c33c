import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { beforeAll, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { environmentOf, readPlatformConfig } from '../../scripts/config/files.ts';
import { projectVariables } from '../../scripts/tenant/vend-plan.ts';
import { projectRoot, publishPlatform, version } from '../local-gitlab/platform.ts';
import { createRepository } from '../local-gitlab/repository.ts';
import { type PipelineResult, runPipeline } from '../local-gitlab/run.ts';
import { createIssuer } from '../local-gitlab/tokens.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { tenantTemplate } from './templates.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** Stands in for the command: says what it was given, and passes on what the tenant's own job would. */
const recorder = `#!/bin/bash
echo "$* | $VENDHOST_TENANT $VENDHOST_ENVIRONMENT $VENDHOST_ROLE_ARN | $VENDHOST_IMAGE_ID $VENDHOST_REVISION_KEY"
echo "token=$VENDHOST_ID_TOKEN"
case "$1" in
  image) echo "VENDHOST_IMAGE_ID=ami-$VENDHOST_TENANT" > "\${@: -1}" ;;
  revision) echo "VENDHOST_REVISION_KEY=key-$VENDHOST_TENANT" > "\${@: -1}" ;;
  release) echo "VENDHOST_URL=https://$VENDHOST_TENANT.example.test" > "\${@: -1}" ;;
esac
`;

const tenants = ['shop', 'blog'];
let directory: string;
let result: PipelineResult;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ci-templates-tenants-'));
  const bin = join(directory, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'vendhost'), recorder);
  await chmod(join(bin, 'vendhost'), 0o755);
  const ref = `v${await version()}`;
  const include = tenants.map((tenant) => ({
    component: `$CI_SERVER_FQDN/platform/vendhost/tenant@${ref}`,
    inputs: {
      ...tenantTemplate.required,
      tenant,
      job_prefix: `${tenant} `,
      environment_prefix: `${tenant}/`,
      directory: `${tenant}/`,
    },
  }));
  result = await runPipeline({
    tenantRepository: await createRepository(
      join(directory, 'both'),
      { '.gitlab-ci.yml': stringify({ include }), 'shop/vendhost.yml': '', 'blog/vendhost.yml': '' },
      'dev',
    ),
    projectPath: 'acme/both',
    event: 'push',
    branch: 'dev',
    directory: join(directory, 'runs'),
    platform: await publishPlatform({ directory: join(directory, 'git-host'), gitlab: defaultGitlab }),
    path: [bin],
    issuer: await createIssuer({ issuer: defaultGitlab, directory }),
    variables: (await Promise.all(tenants.map(vended))).flat(),
  });
});

/** The variables that vending sets for a tenant of examples/platform. */
async function vended(tenant: string) {
  const config = environmentOf(await readPlatformConfig(join(projectRoot, 'examples/platform')), 'dev');
  const wanted = projectVariables({ environment: 'dev', tenant }, { config }, { environment_prefix: `${tenant}/` });
  return wanted.map(({ key, value, scope }) => ({ key, value, environment_scope: scope }));
}

const logOf = (name: string) => result.jobs.find((job) => job.name === name)?.log ?? '';

test('both are deployed by one pipeline', () => {
  const names = tenants.flatMap((tenant) =>
    ['validate', 'bake', 'provision', 'package', 'release'].map((job) => `${tenant} ${job}`),
  );
  expect(result.jobs.map(({ name }) => name).sort()).toEqual(names.sort());
  expect(result.status).toBe('success');
});

test.each(tenants)('the jobs of %s get its folder, role, image and revision, and no others', (tenant) => {
  const role = `arn:aws:iam::111111111111:role/vendhost-dev-${tenant}-deploy`;
  const given = (job: string) => logOf(`${tenant} ${job}`).split('\n')[1];
  expect(given('validate')).toBe(`config check --directory ./${tenant}/ | ${tenant}   |  `);
  expect(given('bake')).toBe(`image bake --directory ./${tenant}/ --dotenv image.env | ${tenant} dev ${role} |  `);
  expect(given('provision')).toBe(`host provision --directory ./${tenant}/ | ${tenant} dev ${role} | ami-${tenant} `);
  expect(given('release')).toBe(`release start --dotenv release.env | ${tenant} dev ${role} |  key-${tenant}`);
  const token = /^token=(.+)$/m.exec(logOf(`${tenant} release`))?.[1] ?? '';
  expect(decodeJwt(token)).toMatchObject({ environment: `${tenant}/dev` });
});
