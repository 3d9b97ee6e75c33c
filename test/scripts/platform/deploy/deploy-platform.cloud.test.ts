import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { DescribeListenersCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetBucketVersioningCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { readPlatformFacts } from '../../../../scripts/aws/read-facts.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { type Meddler, wire } from '../../wire.ts';
import { outcomes, type PlatformOwner, platformOwner } from '../operator.ts';

vi.setConfig({ testTimeout: 300_000 });
const account = '100000000002';
let repository: PlatformRepository;
let owner: PlatformOwner;
beforeAll(async () => {
  repository = await platformRepository(account);
  await repository.certify(inject('localCloud').endpoint);
  owner = platformOwner(repository.directory, account);
});

const layers = ['policies', 'access', 'network', 'storage', 'balancer'].map((layer) => `vendhost-dev-${layer}`);

// One story: each test stands on the one before.
describe('platform deploy', () => {
  test('--dry-run of a new platform shows six stacks and makes nothing', async () => {
    const { code, result } = await owner.deploy({ dryRun: true });
    expect(code).toBe(2);
    expect(result.environments).toMatchObject([
      { environment: 'dev', stacks: ['vendhost-gitlab', ...layers].map((stack) => ({ stack, action: 'create' })) },
    ]);
    await expect(readPlatformFacts(owner.aws(), 'dev')).rejects.toMatchObject({ code: 'PLATFORM_MISSING' });
  });

  test('a layer that needs another one first is refused', async () => {
    await expect(owner.deploy({ layer: 'balancer' })).rejects.toMatchObject({
      code: 'NETWORK_MISSING',
      hint: 'deploy all layers: vendhost platform deploy --environment dev',
    });
  });

  test('makes the platform and publishes its facts', async () => {
    const ran = await owner.deploy();
    expect(ran.code).toBeUndefined();
    const facts = await readPlatformFacts(owner.aws(), 'dev');
    expect(ran.result).toMatchObject({
      changed: true,
      loadBalancerDns: facts['load-balancer-dns'],
      providers: [{ account, own: true, outcome: 'created' }],
      environments: [{ environment: 'dev', account, loadBalancers: [facts['load-balancer-dns']] }],
      failed: [],
    });
    expect(outcomes(ran)).toEqual(Object.fromEntries(layers.map((stack) => [stack, 'created'])));
    expect(facts).toMatchObject({
      bucket: `vendhost-dev-${account}-eu-west-1`,
      approval: false,
      domain: 'dev.example.com',
    });
  });

  test('the facts name what is there', async () => {
    const facts = await readPlatformFacts(owner.aws(), 'dev');
    const { Subnets } = await (await owner.aws().ec2()).send(
      new DescribeSubnetsCommand({ SubnetIds: facts['egress-subnet-ids'] }),
    );
    expect(Subnets?.map(({ CidrBlock }) => CidrBlock).sort()).toEqual([
      '10.10.64.0/20',
      '10.10.80.0/20',
      '10.10.96.0/20',
    ]);
    expect(Subnets?.every(({ VpcId }) => VpcId === facts['vpc-id'])).toBe(true);
    expect(new Set(Subnets?.map(({ AvailabilityZone }) => AvailabilityZone)).size).toBe(3);

    const command = new DescribeListenersCommand({ LoadBalancerArn: facts['load-balancer-arn'] });
    const { Listeners } = await (await owner.aws().elb()).send(command);
    expect(Listeners?.map(({ Port }) => Port).sort()).toEqual([443, 80]);
    expect(Listeners?.find(({ Port }) => Port === 443)?.ListenerArn).toBe(facts['listener-arn']);

    const versioning = new GetBucketVersioningCommand({ Bucket: facts.bucket });
    expect(await (await owner.aws().s3()).send(versioning)).toMatchObject({ Status: 'Enabled' });
  });

  test('a second time it changes nothing, and says so', async () => {
    const ran = await owner.deploy();
    expect(ran.result.changed).toBe(false);
    expect(new Set(Object.values(outcomes(ran)))).toEqual(new Set(['no change']));
    expect(ran.result.providers).toMatchObject([{ outcome: 'no change' }]);
    expect((await owner.plan()).code).toBeUndefined();
  });

  test('a change of platform.yml is planned, then only what it touches is deployed', async () => {
    await repository.writePlatform({ dev: { approval: true } });
    const plan = await owner.plan();
    expect(plan.code).toBe(2);
    const differing = plan.result.environments[0]?.stacks.filter(({ action }) => action !== 'none');
    expect(differing).toEqual([
      {
        stack: expect.stringMatching(/^vendhost-dev-/),
        action: 'update',
        changes: [expect.objectContaining({ type: 'AWS::SSM::Parameter', action: 'update' })],
      },
    ]);
    const changed = Object.entries(outcomes(await owner.deploy())).filter(([, outcome]) => outcome !== 'no change');
    expect(changed).toEqual([[differing?.[0]?.stack, 'updated']]);
    expect((await readPlatformFacts(owner.aws(), 'dev')).approval).toBe(true);
  });

  test('a second load balancer is made beside the first, which stays as it is', async () => {
    await repository.writePlatform({ dev: { approval: true, load_balancers: 2 } });
    const ran = await owner.deploy({ layer: 'balancer' });
    expect(outcomes(ran)).toEqual({ 'vendhost-dev-balancer': 'no change', 'vendhost-dev-balancer-2': 'created' });
    expect(new Set(ran.result.environments[0]?.loadBalancers).size).toBe(2);
  });

  test('a network with other subnets takes its load balancers along, in one deploy', async () => {
    const subnets = { public: '10.10.192.0/18' };
    await repository.writePlatform({ dev: { approval: true, load_balancers: 2, subnets } });
    expect(outcomes(await owner.deploy())).toMatchObject({
      'vendhost-dev-network': 'updated',
      'vendhost-dev-balancer': 'updated',
      'vendhost-dev-balancer-2': 'updated',
    });
    expect((await owner.plan()).code).toBeUndefined();
  });

  test.each([
    ['tags', /(<Key>vendhost:layer<\/Key>\s*<Value>)network/],
    ['termination protection', /(<EnableTerminationProtection>)(?:true|false)/],
  ])('other %s of a stack are planned too, although the template is the same', async (_what, pattern) => {
    const other: Meddler = async (call, next) => {
      const answer = await next();
      if (call.operation !== 'DescribeStacks' || !call.body.includes('vendhost-dev-network')) return answer;
      const body = String(answer.body).replace(pattern, (_all, before: string) => `${before}true`);
      return { ...answer, headers: {}, body };
    };
    const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, other);
    const { code, result } = await platformOwner(repository.directory, account, { AWS_ENDPOINT_URL }).plan();
    expect(code).toBe(2);
    const changed = result.environments[0]?.stacks.filter(({ action }) => action !== 'none');
    expect(changed).toEqual([{ stack: 'vendhost-dev-network', action: 'update', changes: [] }]);
  });

  test('credentials of another account are refused before anything is done', async () => {
    await expect(platformOwner(repository.directory, '100000000009').deploy()).rejects.toMatchObject({
      code: 'ACCOUNT_WRONG',
      message: `the credentials are for account 100000000009; platform.yml says dev is in ${account}`,
    });
  });

  test('with --all every environment that is not ready is named, and nothing is changed', async () => {
    const certificate = `arn:aws:acm:eu-west-1:${account}:certificate/00000000-0000-0000-0000-000000000000`;
    await repository.writePlatform({ dev: { approval: false }, staging: { certificate } });
    const error = await owner.deploy({ environment: 'all' }).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'ENVIRONMENTS_WRONG',
      message: expect.stringMatching(/: staging, production$/),
    });
    expect(error.details.join('\n')).toMatch(
      /staging: error\[CERTIFICATE_UNUSABLE\][\s\S]*production: error\[ACCOUNT_WRONG\]/,
    );
    expect((await readPlatformFacts(owner.aws(), 'dev')).approval).toBe(true);
  });

  test('in a job it deploys plans only', async () => {
    const job = platformOwner(repository.directory, account, { VENDHOST_ID_TOKEN: 'a token' });
    await expect(job.deploy()).rejects.toMatchObject({ code: 'PLAN_NEEDED' });
  });
});
