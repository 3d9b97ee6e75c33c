import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeTargetGroupsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeDBSnapshotsCommand } from '@aws-sdk/client-rds';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ConditionalObjects } from '../../../../scripts/aws/objects.ts';
import { keys, names } from '../../../../scripts/config/names.ts';
import { hostClaimSchema, priorityClaimSchema } from '../../../../scripts/config/stored.ts';
import { destroyHost } from '../../../../scripts/host/destroy/destroy-host.ts';
import { readKeptData } from '../../../../scripts/host/kept-data.ts';
import { provisionHost } from '../../../../scripts/host/provision.ts';
import { listStackNames } from '../../../../scripts/platform/account-stacks.ts';
import { showTenants } from '../../../../scripts/tenant/list/list-tenants.ts';
import { type RetireOptions, retireTenant } from '../../../../scripts/tenant/retire/retire-tenant.ts';
import { vendTenant } from '../../../../scripts/tenant/vend.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeImage } from '../../../builders/image.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { recorder } from '../../../builders/recorder.ts';
import { repository } from '../../../builders/repository.ts';
import { type LocalGitlab, startLocalGitlab } from '../../../local-gitlab/api.ts';
import { justBefore, type Meddler, refusing, wire } from '../../wire.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '173000000001';
const environment = 'dev';
const place = { environment, tenant: 'shop' } as const;
const other = { environment, tenant: 'blog' } as const;
let platform: Platform;
let files: PlatformRepository;
let gitlab: LocalGitlab;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount(account), { network: true, balancers: 1 });
  files = await platformRepository(account);
  gitlab = await startLocalGitlab({ projects: ['acme/shop', 'acme/blog'] });
  for (const tenant of ['shop', 'blog']) {
    await files.writeTenant(tenant, { project: `acme/${tenant}`, hosts: { dev: [`${tenant}.dev.example.com`] } });
  }
  await vend('blog');
});
afterAll(async () => {
  await gitlab.stop();
});

const gitlabEnv = () => ({ CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: gitlab.token });

async function vend(tenant: string) {
  const runtime = recorder({ ...platform.env, ...gitlabEnv() });
  await vendTenant(runtime, { directory: files.directory, tenant, environment, dryRun: false, protectBranches: true });
}

/** A host without an instance, which has everything else. */
async function provision(vendhostYml: string) {
  const image = await makeImage(platform, 'shop');
  const directory = await repository({ 'vendhost.yml': vendhostYml });
  await provisionHost(platform.runtime(), { ...place, directory, image, dryRun: false });
}
const withDatabase = 'instances: { min: 0, max: 1 }\n';

interface Run {
  readonly code: number | undefined;
  readonly progress: string;
  readonly result: { readonly environments: { readonly steps: { kind: string }[]; readonly kept: string[] }[] };
}

async function retire(options: Partial<RetireOptions> = {}, meddle?: Meddler): Promise<Run> {
  const AWS_ENDPOINT_URL = meddle === undefined ? platform.endpoint : await wire(platform.endpoint, meddle);
  const runtime = recorder({ ...platform.env, ...gitlabEnv(), AWS_ENDPOINT_URL });
  const none = { dryRun: false, withTraffic: false, deleteDatabase: false, deleteFiles: false };
  const code = await retireTenant(runtime, {
    ...{ directory: files.directory, tenant: 'shop', environment },
    ...{ ...none, keepImages: false, keepRevisions: false, ...options },
  });
  return { code, progress: runtime.progress().join('\n'), result: JSON.parse(runtime.printed()) as Run['result'] };
}

async function destroy(options: { dryRun?: boolean; withTraffic?: boolean } = {}, meddle?: Meddler) {
  const AWS_ENDPOINT_URL = meddle === undefined ? platform.endpoint : await wire(platform.endpoint, meddle);
  const runtime = recorder({ ...platform.env, AWS_ENDPOINT_URL });
  const code = await destroyHost(runtime, { ...place, dryRun: false, withTraffic: false, ...options });
  return { code, result: JSON.parse(runtime.printed()) as Record<string, unknown> };
}

const kindsOf = ({ result }: Run) => result.environments[0]?.steps.map(({ kind }) => kind);
const stacks = async (tenant = 'shop') =>
  (await listStackNames(platform.aws)).filter((name) => name.startsWith(`vendhost-dev-${tenant}-`)).sort();

async function owners(): Promise<string[]> {
  const claims = new ConditionalObjects(platform.aws, platform.bucket, hostClaimSchema);
  return (await claims.list(keys.hostClaims)).sort();
}

/** A minute in which the host got a request. */
async function request(): Promise<void> {
  const elb = await platform.aws.elb();
  const named = { Names: [names.targetGroup(place, 8080, 1)] };
  const { TargetGroups } = await elb.send(new DescribeTargetGroupsCommand(named));
  const [group] = TargetGroups ?? [];
  const Dimensions = [
    { Name: 'TargetGroup', Value: group?.TargetGroupArn?.split(':').at(-1) },
    { Name: 'LoadBalancer', Value: group?.LoadBalancerArns?.[0]?.split(':loadbalancer/').at(-1) },
  ];
  const MetricData = [{ MetricName: 'RequestCount', Dimensions, Value: 3, Unit: 'Count' as const }];
  const client = await platform.aws.cloudWatch();
  await client.send(new PutMetricDataCommand({ Namespace: 'AWS/ApplicationELB', MetricData }));
}

describe('a tenant with a host, a database and requests', () => {
  beforeAll(async () => {
    await vend('shop');
    await provision(withDatabase);
    await request();
    const s3 = await platform.aws.s3();
    const hash = 'a'.repeat(64);
    const put = (Key: string) => s3.send(new PutObjectCommand({ Bucket: platform.bucket, Key, Body: '{}' }));
    await Promise.all([put(keys.revision('shop', hash)), put(keys.push('shop', hash)), put(keys.hostPipeline('shop'))]);
    await put(`${keys.artifacts(place)}source.zip`);
    // A run that died has claimed a host which no record and no file names.
    const claim = JSON.stringify({ host: 'typo.dev.example.com', tenant: 'shop' });
    const Key = keys.hostClaim('typo.dev.example.com');
    await s3.send(new PutObjectCommand({ Bucket: platform.bucket, Key, Body: claim }));
  });

  test('is neither retired nor destroyed while it gets requests, or when that is unknown', async () => {
    const unseen = refusing('GetMetricData', 'AccessDenied', 'not authorized to perform: cloudwatch:GetMetricData');
    await expect(retire()).rejects.toMatchObject({ code: 'HOST_HAS_TRAFFIC' });
    await expect(retire({}, unseen)).rejects.toMatchObject({ code: 'TRAFFIC_UNKNOWN' });
    await expect(destroy()).rejects.toMatchObject({
      code: 'HOST_HAS_TRAFFIC',
      message: 'shop in dev got 3 requests in the last 15 minutes; nothing was changed',
    });
    await expect(destroy({}, unseen)).rejects.toMatchObject({ code: 'TRAFFIC_UNKNOWN' });
    expect(await stacks()).toHaveLength(4);
  });

  test('loses only its virtual host by host destroy, and gets it back', async () => {
    expect((await destroy({ dryRun: true })).code).toBe(2);
    const { code, result } = await destroy({ withTraffic: true });
    expect([code, result.destroyed]).toEqual([undefined, true]);
    expect(result.kept).toContain(
      'the database vendhost-dev-shop stays, with its secret and logs: it costs as much as before',
    );
    expect(await stacks()).toEqual(['access', 'data', 'entry'].map((layer) => `vendhost-dev-shop-${layer}`));
    expect((await destroy()).result.destroyed).toBe(false);
    await provision(withDatabase);
    expect(await stacks()).toHaveLength(4);
  });

  test('is not destroyed while a release runs', async () => {
    const running = { pipelineExecutionSummaries: [{ pipelineExecutionId: 'e-1', status: 'InProgress' }] };
    const busy: Meddler = async (call, next) => {
      const answer = await next();
      return call.operation === 'ListPipelineExecutions'
        ? { ...answer, headers: {}, body: JSON.stringify(running) }
        : answer;
    };
    await expect(destroy({ withTraffic: true }, busy)).rejects.toMatchObject({
      code: 'RELEASE_UNDERWAY',
      details: ['execution e-1'],
    });
  });

  test('--dry-run shows the steps in their order, and does nothing', async () => {
    const run = await retire({ dryRun: true, deleteDatabase: true, deleteFiles: true });
    expect(run.code).toBe(2);
    expect(kindsOf(run)).toEqual([
      ...['variables', 'rules', 'stack', 'snapshot', 'stack', 'database', 'data', 'data', 'data', 'data', 'groups'],
      ...['stack', 'files', 'priorities', 'hosts', 'images', 'objects', 'objects', 'objects', 'objects'],
      ...['stack', 'record'],
    ]);
    expect(await stacks()).toHaveLength(4);
  });

  test('is removed except its data, with the orphaned claim; what others have stays', async () => {
    const { code, result } = await retire({ withTraffic: true });
    expect(code).toBeUndefined();
    expect(result.environments[0]?.kept).toEqual([
      'database vendhost-dev-shop: costs as much as before; --delete-database deletes it after a final snapshot',
      expect.stringMatching(/^parameter group /),
      'secret vendhost/dev/shop/database: it goes with the database, with --delete-database',
      expect.stringMatching(/^log group .*error: /),
      expect.stringMatching(/^log group .*slowquery: /),
      `bucket vendhost-dev-shop-${account}-eu-west-1: costs what its files take; --delete-files deletes it with all of them`,
    ]);
    expect([await stacks(), await stacks('blog')]).toEqual([
      [],
      ['vendhost-dev-blog-access', 'vendhost-dev-blog-entry'],
    ]);
    expect(await owners()).toEqual(['blog.dev.example.com.json']);
    const claims = new ConditionalObjects(platform.aws, platform.bucket, priorityClaimSchema);
    const numbers = await claims.listAll(keys.priorityClaims);
    expect(numbers.filter((key) => key.includes('/tenants/')).every((key) => key.includes('/tenants/blog/'))).toBe(
      true,
    );
    expect(numbers).toHaveLength(2);
    const left = await Promise.all(
      [keys.revisions('shop'), keys.imageRecords('shop'), keys.artifacts(place), keys.auditRecords('shop')].map(
        async (prefix) => (await claims.listAll(prefix)).length,
      ),
    );
    expect(left).toEqual([0, 0, 0, 2]);
    expect(gitlab.variables('acme/shop')).toEqual([]);
  });

  test('keeps its data from the next tenant of its name, and says so', async () => {
    await expect(vend('shop')).rejects.toMatchObject({ code: 'BUCKET_KEPT' });
  });

  test('keeps its database when the final snapshot fails', async () => {
    const failing: Meddler = async (call, next) => {
      const answer = await next();
      if (call.operation !== 'DescribeDBSnapshots') return answer;
      return { ...answer, headers: {}, body: String(answer.body).replace('>available<', '>failed<') };
    };
    await expect(retire({ deleteDatabase: true }, failing)).rejects.toMatchObject({ code: 'SNAPSHOT_FAILED' });
    expect((await readKeptData(platform.aws, place)).map(({ what }) => what)).toContain('database');
  });

  test('loses its data on request, after a final snapshot that is taken once', async () => {
    const refused = refusing('DeleteDBInstance', 'InvalidDBInstanceState', 'Instance is not in a state to be deleted');
    await expect(retire({ deleteDatabase: true, deleteFiles: true }, refused)).rejects.toThrow();
    expect((await retire({ deleteDatabase: true, deleteFiles: true })).code).toBeUndefined();
    expect(await readKeptData(platform.aws, place)).toEqual([]);
    const { DBSnapshots = [] } = await (await platform.aws.rds()).send(new DescribeDBSnapshotsCommand({}));
    expect(
      DBSnapshots.map(({ DBInstanceIdentifier, Status, Encrypted, KmsKeyId }) => [
        ...[DBInstanceIdentifier, Status, Encrypted, KmsKeyId],
      ]),
    ).toEqual([['vendhost-dev-shop', 'available', true, platform.facts['key-arn']]]);
  });

  test('is retired: a second run has nothing to do', async () => {
    const { code, result } = await retire({ deleteDatabase: true, deleteFiles: true });
    expect([code, result.environments[0]]).toMatchObject([undefined, { steps: [], kept: [] }]);
  });

  test('frees its name, which is vended and provisioned again', async () => {
    await vend('shop');
    await provision(withDatabase);
    expect([await stacks(), await owners()]).toEqual([
      ['access', 'data', 'entry', 'host'].map((layer) => `vendhost-dev-shop-${layer}`),
      ['blog.dev.example.com.json', 'shop.dev.example.com.json'],
    ]);
    expect(gitlab.variables('acme/shop').length).toBeGreaterThan(0);
  });
});

test('needs the name of the tenant in production, and a person', async () => {
  const production = { tenant: 'shop', environment: 'production', dryRun: false, withTraffic: true } as const;
  await expect(destroyHost(recorder(), production)).rejects.toMatchObject({ code: 'CONFIRMATION_MISSING' });
  const other = { ...production, yesDestroy: 'blog' };
  await expect(destroyHost(recorder(), other)).rejects.toMatchObject({ code: 'CONFIRMATION_WRONG' });
  const policy = { deleteDatabase: false, deleteFiles: false, keepImages: false, keepRevisions: false };
  const job = recorder({ VENDHOST_ID_TOKEN: 'a.b.c' });
  await expect(retireTenant(job, { ...production, ...policy, directory: '/' })).rejects.toMatchObject({
    code: 'NOT_IN_A_JOB',
  });
});

test('what a job creates meanwhile is not overlooked', async () => {
  const claim = JSON.stringify({ host: 'late.dev.example.com', tenant: 'blog' });
  const late = justBefore('DeleteParameter', async () => {
    const Key = keys.hostClaim('late.dev.example.com');
    await (await platform.aws.s3()).send(new PutObjectCommand({ Bucket: platform.bucket, Key, Body: claim }));
  });
  await expect(retire({ tenant: 'blog', deleteFiles: true }, late)).rejects.toMatchObject({
    code: 'RETIRE_INCOMPLETE',
    details: ['dev', '  - release the hosts late.dev.example.com'],
  });
  expect((await retire({ tenant: 'blog' })).code).toBeUndefined();
  const runtime = recorder(platform.env);
  await showTenants(runtime, { directory: files.directory, environment });
  const { tenants } = JSON.parse(runtime.printed()) as { tenants: { tenant: string; state: string; host: boolean }[] };
  expect(tenants.map(({ tenant, state, host }) => [tenant, state, host])).toEqual([
    [other.tenant, 'not vended', false],
    ['shop', 'vended', true],
  ]);
});
