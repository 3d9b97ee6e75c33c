import { StartPipelineExecutionCommand } from '@aws-sdk/client-codepipeline';
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { DeleteBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { awsError } from '../../../scripts/aws/foreseen-errors.ts';
import { readPlatformFacts, readTenantRecord } from '../../../scripts/aws/read-facts.ts';
import { type Aws, openAws } from '../../../scripts/aws/session.ts';
import { keys } from '../../../scripts/config/names.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../builders/enforcing-cloud.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { recorder } from '../../builders/recorder.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';

// A tenant with a project for each half, from one project to two and back: what the jobs of each may do, by their tokens.

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '176000000001';
const place = { environment: 'dev', tenant: 'shop' } as const;
const hosts = { dev: ['shop.dev.example.com'] };
const one = { project: 'acme/shop', hosts };
const two = { projects: { infrastructure: 'acme/machine', software: 'acme/shop' }, hosts };

let enforcing: EnforcingCloud;
let repository: PlatformRepository;
let gitlab: LocalGitlab;
let bucket: string;

beforeAll(async () => {
  repository = await platformRepository(account);
  enforcing = await startEnforcingCloud(repository.directory);
  await repository.certify(enforcing.cloud.endpoint);
  gitlab = await startLocalGitlab({ projects: ['acme/shop', 'acme/machine'] });
  const person = enforcing.person(account);
  await deployPlatform(person.runtime(), { directory: repository.directory, environment: 'dev', dryRun: false });
  ({ bucket } = await readPlatformFacts(person.aws, 'dev'));
  // It refuses everything that is not TLS, which the local cloud does not speak.
  await (await person.aws.s3()).send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
});
afterAll(async () => {
  await gitlab?.stop();
  await enforcing?.cloud.stop();
});

async function vend(config: object, dryRun = false) {
  await repository.writeTenant('shop', config);
  const access = { CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token };
  const runtime = recorder({ ...enforcing.person(account).env, ...access });
  const options = { directory: repository.directory, tenant: 'shop', environment: 'dev' as const };
  return await vendTenant(runtime, { ...options, dryRun, protectBranches: true });
}

/** A job of a project, with the role that the project's own variables name. */
async function job(path: string, role = roleIn(path)): Promise<Aws> {
  const project = gitlab.state.project(path);
  const subject = { projectId: project?.id ?? 0, subjectComponents: project?.ci_id_token_sub_claim_components ?? [] };
  const variables = { AWS_REGION: 'eu-west-1', VENDHOST_ROLE_ARN: role };
  return openAws(await enforcing.job({ projectPath: path, ref: 'dev', environment: 'dev', ...subject }, variables));
}

const roleIn = (path: string) =>
  gitlab.variables(path).find(({ key }) => key === 'VENDHOST_ROLE_ARN')?.value ?? `no role in ${path}`;

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: Error) => awsError(error, {})?.code ?? error.name,
  );

/** Each deed of one half, as far as AWS refuses it before it looks at anything else. */
async function deeds(aws: Aws) {
  const put = async (Key: string) => (await aws.s3()).send(new PutObjectCommand({ Bucket: bucket, Key, Body: '{}' }));
  const release = new StartPipelineExecutionCommand({ name: 'vendhost-dev-shop' });
  const launch = { ImageId: 'ami-0123456789abcdef0', MinCount: 1, MaxCount: 1, InstanceType: 't3.micro' } as const;
  const hash = 'a'.repeat(64);
  return {
    'write a revision': await outcome(put(keys.revision('shop', hash))),
    release: await outcome((await aws.codePipeline()).send(release)),
    'write an image record': await outcome(put(keys.imageRecord('shop', hash))),
    'take a bake lease': await outcome(put(keys.bakeLease('shop', hash))),
    'start an instance without tags': await outcome((await aws.ec2()).send(new RunInstancesCommand(launch))),
    "write another tenant's revision": await outcome(put(keys.revision('blog', hash))),
  };
}

const refused = 'ACCESS_DENIED';

test('AWS does not see whose file a job is from: a pinned pipeline is a wall of GitLab alone', async () => {
  await vend(one);
  const project = gitlab.state.project('acme/shop');
  const subject = { projectId: project?.id ?? 0, subjectComponents: project?.ci_id_token_sub_claim_components ?? [] };
  const asks = async (file: string) => {
    const claims = { ci_config_ref_uri: `gitlab.example.test/${file}@refs/heads/main` };
    const variables = { AWS_REGION: 'eu-west-1', VENDHOST_ROLE_ARN: roleIn('acme/shop') };
    const runtime = await enforcing.job({ projectPath: 'acme/shop', ref: 'dev', claims, ...subject }, variables);
    return await outcome((await openAws(runtime).sts()).send(new GetCallerIdentityCommand({})));
  };
  // A job of the tenant's own file, whatever it does, is the deploy role.
  expect(await asks('acme/shop//.gitlab-ci.yml')).toBe('done');
  expect(await asks('platform/pipelines//shop.gitlab-ci.yml')).toBe('done');
});

test('with one project its jobs do both', async () => {
  expect(await vend(one)).toBeUndefined();
  expect(roleIn('acme/shop')).toBe(`arn:aws:iam::${account}:role/vendhost-dev-shop-deploy`);
  expect(await deeds(await job('acme/shop'))).toMatchObject({
    'write a revision': 'done',
    release: 'done',
    'write an image record': 'done',
    'take a bake lease': 'done',
    "write another tenant's revision": refused,
  });
});

describe('with two projects', () => {
  test('vending trusts each for its half, and changes nothing the next time', async () => {
    expect(await vend(two, true)).toBe(2);
    expect(await vend(two)).toBeUndefined();
    expect(await vend(two, true)).toBeUndefined();
    expect(await readTenantRecord(enforcing.person(account).aws, place)).toMatchObject({
      project: 'acme/machine',
      software: { project: 'acme/shop', projectId: gitlab.state.project('acme/shop')?.id },
    });
    expect(roleIn('acme/machine')).toMatch(/role\/vendhost-dev-shop-infrastructure-deploy$/);
    expect(roleIn('acme/shop')).toMatch(/role\/vendhost-dev-shop-software-deploy$/);
  });

  test("the software's jobs push and release, and nothing of the machine", async () => {
    expect(await deeds(await job('acme/shop'))).toEqual({
      'write a revision': 'done',
      release: 'done',
      'write an image record': refused,
      'take a bake lease': refused,
      'start an instance without tags': refused,
      "write another tenant's revision": refused,
    });
  });

  test("the infrastructure's jobs bake, and neither push nor release", async () => {
    expect(await deeds(await job('acme/machine'))).toEqual({
      'write a revision': refused,
      release: refused,
      'write an image record': 'done',
      'take a bake lease': 'done',
      'start an instance without tags': refused,
      "write another tenant's revision": refused,
    });
  });

  test("neither can assume the other half's role, nor the former role of both", async () => {
    const [machine, shop] = ['acme/machine', 'acme/shop'].map(roleIn);
    const whole = `arn:aws:iam::${account}:role/vendhost-dev-shop-deploy`;
    const asks = async (path: string, role = '') =>
      await outcome((await (await job(path, role)).sts()).send(new GetCallerIdentityCommand({})));
    expect(await asks('acme/shop', shop)).toBe('done');
    expect(await asks('acme/shop', machine)).toBe('ROLE_REFUSED');
    expect(await asks('acme/machine', shop)).toBe('ROLE_REFUSED');
    expect(await asks('acme/shop', whole)).toBe('ROLE_REFUSED');
  });
});

test('back to one project, its jobs do both again, and those of the other one do nothing', async () => {
  const machine = roleIn('acme/machine');
  expect(await vend(one)).toBeUndefined();
  expect(await vend(one, true)).toBeUndefined();
  expect(await deeds(await job('acme/shop'))).toMatchObject({ release: 'done', 'write an image record': 'done' });
  const left = (await job('acme/machine', machine)).sts();
  expect(await outcome((await left).send(new GetCallerIdentityCommand({})))).toBe('ROLE_REFUSED');
});
