import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { StartPipelineExecutionCommand } from '@aws-sdk/client-codepipeline';
import { CreateVpcCommand, DescribeImagesCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CreateTargetGroupCommand,
  DescribeTargetGroupsCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  DeleteBucketPolicyCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { awsError } from '../../../scripts/aws/foreseen-errors.ts';
import { readPlatformFacts, readTenantRecord } from '../../../scripts/aws/read-facts.ts';
import { type Aws, openAws } from '../../../scripts/aws/session.ts';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { keys, names } from '../../../scripts/config/names.ts';
import { subjectComponents as subjectComponentsOf } from '../../../scripts/config/tenant.ts';
import { checkKeptData } from '../../../scripts/host/kept-data.ts';
import { readLogEvents } from '../../../scripts/host/logs/read-events.ts';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import { type EnforcingCloud, type JobOptions, startEnforcingCloud } from '../../builders/enforcing-cloud.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { recorder } from '../../builders/recorder.ts';
import { startLocalGitlab } from '../../local-gitlab/api.ts';
import type { TokenSubject } from '../../local-gitlab/tokens.ts';

// A platform is deployed before the tests.
vi.setConfig({ hookTimeout: 300_000 });
const account = '100000000004';
const place = { environment: 'dev', tenant: 'shop' } as const;

let enforcing: EnforcingCloud;
let repository: PlatformRepository;
let facts: PlatformFacts;

beforeAll(async () => {
  repository = await platformRepository(account);
  enforcing = await startEnforcingCloud(repository.directory);
  await repository.certify(enforcing.cloud.endpoint);
  await repository.writeTenant('shop', { project: 'acme/shop', hosts: { dev: ['shop.dev.example.com'] } });
  const { aws, runtime } = enforcing.person(account);
  const options = { directory: repository.directory, environment: 'dev', dryRun: false } as const;
  await deployPlatform(runtime(), options);
  await vendTenant(runtime(), { ...options, tenant: 'shop' });
  facts = await readPlatformFacts(aws, 'dev');
  // It refuses everything that is not TLS, which the local cloud does not speak.
  await (await aws.s3()).send(new DeleteBucketPolicyCommand({ Bucket: facts.bucket }));
});
afterAll(async () => {
  await enforcing?.cloud.stop();
});

/** What a job has: an ID token for a branch, and the role its project's variables name. */
async function job(role: 'deploy' | 'plan', ref: string, other: Partial<JobOptions> = {}) {
  const variables = {
    AWS_REGION: 'eu-west-1',
    VENDHOST_ROLE_ARN: `arn:aws:iam::${account}:role/vendhost-dev-shop-${role}`,
  };
  return openAws(await enforcing.job({ projectPath: 'acme/shop', ref, ...other }, variables));
}

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: Error) => {
      const code = awsError(error, {})?.code ?? 'AWS_FAILED';
      return code === 'AWS_FAILED' ? error.name : code;
    },
  );

const put = async (aws: Aws, Key: string) =>
  (await aws.s3()).send(new PutObjectCommand({ Bucket: facts.bucket, Key, Body: '{}' }));

test("both roles see whether the tenant's own data exists, neither sees another's", async () => {
  for (const role of ['deploy', 'plan'] as const) {
    const aws = await job(role, 'dev');
    expect([role, await outcome(checkKeptData(aws, place))]).toEqual([role, 'done']);
    expect([role, await outcome(checkKeptData(aws, { ...place, tenant: 'blog' }))]).toEqual([role, 'ACCESS_DENIED']);
  }
});

test("both roles read the tenant's own logs, neither reads another's", async () => {
  const read = async (aws: Aws, tenant: string) => {
    const group = names.hostLogGroup({ ...place, tenant }, 'hooks');
    for await (const _ of readLogEvents(aws, { group, since: 0, signal: new AbortController().signal }));
  };
  for (const role of ['deploy', 'plan'] as const) {
    const aws = await job(role, 'dev');
    expect([role, await outcome(read(aws, 'shop'))]).toEqual([role, 'done']);
    expect([role, await outcome(read(aws, 'blog'))]).toEqual([role, 'ACCESS_DENIED']);
  }
});

describe('who may assume which role', () => {
  test.each([
    ['deploy', 'dev', {}, 'done'],
    ['deploy', 'feature', {}, 'ROLE_REFUSED'],
    ['deploy', 'dev', { projectPath: 'acme/blog' }, 'ROLE_REFUSED'],
    ['deploy', 'dev', { audience: 'https://elsewhere.example.test' }, 'ROLE_REFUSED'],
    ['plan', 'feature', {}, 'done'],
    ['plan', 'feature', { projectPath: 'acme/blog' }, 'ROLE_REFUSED'],
  ] as const)('%s, for a job on %s %j: %s', async (role, branch, other, expected) => {
    const aws = await job(role, branch, other);
    expect(await outcome(aws.account())).toBe(expected);
  });
});

describe('the deploy role', () => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await job('deploy', 'dev');
  });

  test('reads the facts and its record', async () => {
    expect(await readPlatformFacts(aws, 'dev')).toEqual(facts);
    expect(await readTenantRecord(aws, place)).toMatchObject({ tenant: 'shop' });
  });

  test.each([
    ['its revisions', 'software/shop/a.zip', 'done'],
    ['its bake leases', keys.bakeLease('shop', 'abc'), 'done'],
    ["a priority of another load balancer's listener", keys.priorityClaim('listener', 7), 'ACCESS_DENIED'],
    ["another tenant's revisions", 'software/blog/a.zip', 'ACCESS_DENIED'],
    ['a host claim', keys.hostClaim('blog.dev.example.com'), 'ACCESS_DENIED'],
    ['anything else', 'logs/a', 'ACCESS_DENIED'],
  ])('writes %s: %s → %s', async (_what, key, expected) => {
    expect(await outcome(put(aws, key))).toBe(expected);
  });

  test('claims no priority, not even its own', async () => {
    const listener = facts['listener-arn'].split('/').at(-1) ?? '';
    expect(await outcome(put(aws, keys.priorityClaim(listener, 7)))).toBe('ACCESS_DENIED');
    expect(await outcome(put(aws, keys.tenantPriority(listener, 'shop', 'exact')))).toBe('ACCESS_DENIED');
  });

  test('sets the health check of its own target group, and nothing else of it', async () => {
    const elb = await aws.elb();
    const made = { Name: 'vendhost-dev-blog--8080-1', Protocol: 'HTTP', Port: 8080, VpcId: facts['vpc-id'] } as const;
    await (await enforcing.person(account).aws.elb()).send(new CreateTargetGroupCommand(made));
    const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({}));
    const arnOf = (tenant: string) =>
      TargetGroups.find(({ TargetGroupName }) => TargetGroupName === `vendhost-dev-${tenant}--8080-1`)?.TargetGroupArn;
    const check = (TargetGroupArn: string | undefined) =>
      elb.send(new ModifyTargetGroupCommand({ TargetGroupArn, HealthCheckPath: '/health' }));
    expect(await outcome(check(arnOf('shop')))).toBe('done');
    expect(await outcome(check(arnOf('blog')))).toBe('ACCESS_DENIED');
    const Attributes = [{ Key: 'stickiness.enabled', Value: 'true' }];
    const attributes = new ModifyTargetGroupAttributesCommand({ TargetGroupArn: arnOf('shop'), Attributes });
    expect(await outcome(elb.send(attributes))).toBe('ACCESS_DENIED');
  });

  test('starts its own pipeline and no other', async () => {
    const start = async (name: string) => (await aws.codePipeline()).send(new StartPipelineExecutionCommand({ name }));
    expect(await outcome(start('vendhost-dev-shop'))).toBe('done');
    expect(await outcome(start('vendhost-dev-blog'))).toBe('ACCESS_DENIED');
  });

  test('changes nothing of the platform', async () => {
    const parameter = { Name: '/vendhost/dev/bucket', Value: 'mine', Type: 'String', Overwrite: true } as const;
    const ec2 = await aws.ec2();
    expect(await outcome((await aws.ssm()).send(new PutParameterCommand(parameter)))).toBe('ACCESS_DENIED');
    expect(await outcome(ec2.send(new CreateVpcCommand({ CidrBlock: '10.99.0.0/16' })))).toBe('ACCESS_DENIED');
  });
});

describe('the plan role', () => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await job('plan', 'feature');
  });

  test('looks at what a plan compares', async () => {
    expect(await readPlatformFacts(aws, 'dev')).toEqual(facts);
    const claim = new GetObjectCommand({ Bucket: facts.bucket, Key: keys.hostClaim('shop.dev.example.com') });
    const list = new ListObjectsV2Command({ Bucket: facts.bucket, Prefix: 'claims/listener/' });
    const stack = new DescribeStacksCommand({ StackName: 'vendhost-dev-shop-access' });
    const groups = new DescribeTargetGroupsCommand({});
    const missing = new GetObjectCommand({ Bucket: facts.bucket, Key: 'software/shop/missing.zip' });
    const others = new ListObjectsV2Command({ Bucket: facts.bucket, Prefix: 'software/blog/' });
    expect(await outcome((await aws.s3()).send(claim))).toBe('done');
    // S3 answers 404 only to those who may list the whole bucket.
    expect(await outcome((await aws.s3()).send(missing))).toBe('ACCESS_DENIED');
    expect(await outcome((await aws.s3()).send(others))).toBe('ACCESS_DENIED');
    expect(await outcome((await aws.s3()).send(list))).toBe('done');
    expect(await outcome((await aws.cloudFormation()).send(stack))).toBe('done');
    expect(await outcome((await aws.elb()).send(groups))).toBe('done');
    expect(await outcome((await aws.ec2()).send(new DescribeImagesCommand({ Owners: ['self'] })))).toBe('done');
  });

  test('writes nothing', async () => {
    const builder = new RunInstancesCommand({ ImageId: 'ami-0', MinCount: 1, MaxCount: 1 });
    expect(await outcome(put(aws, 'software/shop/a.zip'))).toBe('ACCESS_DENIED');
    expect(await outcome((await aws.ec2()).send(builder))).toBe('ACCESS_DENIED');
  });
});

describe('a project that changes to identification by its id', () => {
  const subjectComponents = subjectComponentsOf.project_id;
  const environment = 'dev';
  const own: Partial<TokenSubject> = { projectId: 1, subjectComponents, environment };
  /** Who becomes the deploy role on `dev`; the last one is a job of the plan role. */
  const jobs: Record<string, Partial<TokenSubject>> = {
    byPath: { environment },
    byId: own,
    unprotected: { ...own, refProtected: false },
    otherProject: { ...own, projectId: 2 },
    // What GitLab gives a fork's pipeline, and one of a project that took the path.
    fork: { projectId: 3, projectPath: 'mallory/shop', subjectComponents, environment },
    reclaimed: { projectId: 4, subjectComponents, environment },
  };
  const outcomes = async () => {
    const all = Object.entries(jobs).map(async ([name, subject]) => {
      return [name, await outcome((await job('deploy', 'dev', subject)).account())] as const;
    });
    return Object.fromEntries(await Promise.all(all));
  };
  const refused = { unprotected: 'ROLE_REFUSED', otherProject: 'ROLE_REFUSED', fork: 'ROLE_REFUSED' };

  test('is trusted in both forms until it has the new one, then only in that; no job is locked out in between', async () => {
    const gitlab = await startLocalGitlab({ projects: ['acme/shop'] });
    const [project] = gitlab.state.projects();
    if (project === undefined) throw new Error('no project');
    const access = { CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token };
    const { env, aws } = enforcing.person(account);
    const vend = (more: object) =>
      vendTenant(recorder({ ...env, ...access }), {
        ...{ directory: repository.directory, tenant: 'shop', environment: 'dev', dryRun: false },
        protectBranches: true,
        ...more,
      });
    // A second environment: the first run must not change what its roles trust.
    const hosts = { dev: ['shop.dev.example.com'], staging: ['shop.staging.example.com'] };
    await repository.writeTenant('shop', { project: 'acme/shop', hosts });
    await vend({});
    expect(gitlab.state.current(project).ci_id_token_sub_claim_components).toEqual(subjectComponentsOf.project_path);
    expect(await outcomes()).toEqual({ ...refused, byPath: 'done', byId: 'done', reclaimed: 'ROLE_REFUSED' });
    expect(await readTenantRecord(aws, place)).toMatchObject({
      projectId: 1,
      subjects: ['project_path', 'project_id'],
    });

    await vend({ setSubject: true });
    expect(gitlab.state.current(project).ci_id_token_sub_claim_components).toEqual(subjectComponents);
    expect(await outcomes()).toMatchObject({ byPath: 'done', byId: 'done' });

    await vend({});
    expect(await outcomes()).toEqual({ ...refused, byPath: 'ROLE_REFUSED', byId: 'done', reclaimed: 'ROLE_REFUSED' });
    expect(await outcome((await job('plan', 'feature', { ...own, refProtected: false })).account())).toBe('done');
    expect(await outcome((await job('plan', 'feature')).account())).toBe('ROLE_REFUSED');
    await gitlab.stop();
  });
});
