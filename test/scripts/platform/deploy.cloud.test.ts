import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { DescribeListenersCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetBucketLifecycleConfigurationCommand, GetBucketVersioningCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readPlatformFacts } from '../../../scripts/aws/facts.ts';
import { openAws } from '../../../scripts/aws/session.ts';
import { deployPlatform } from '../../../scripts/platform/deploy.ts';
import { accountEnvironment } from '../../local-cloud/start.ts';
import { recorder } from '../recorder.ts';
import { type PlatformRepository, platformRepository } from './repository.ts';

const account = '100000000002';
let repository: PlatformRepository;
beforeAll(async () => {
  repository = await platformRepository(account);
});
afterAll(() => repository.remove());

async function deploy({ dryRun = false, caller = account } = {}) {
  const runtime = recorder(accountEnvironment(inject('localCloud'), caller));
  const code = await deployPlatform(runtime, { directory: repository.directory, environment: 'dev', dryRun });
  return { code, progress: runtime.progress(), result: JSON.parse(runtime.printed()) as Record<string, unknown> };
}

const aws = () => openAws(recorder(accountEnvironment(inject('localCloud'), account)));

// One story: each test stands on the one before.
describe('platform deploy', () => {
  test('--dry-run of a new platform shows four stacks and makes nothing', async () => {
    const { code, result } = await deploy({ dryRun: true });
    expect(code).toBe(2);
    expect(result.stacks).toMatchObject(
      ['access', 'balancer', 'network', 'storage'].map((layer) => ({
        stack: `vendhost-dev-${layer}`,
        action: 'create',
      })),
    );
    await expect(readPlatformFacts(aws(), 'dev')).rejects.toMatchObject({ code: 'PLATFORM_MISSING' });
  });

  test('makes the platform and publishes its facts', async () => {
    const { code, result } = await deploy();
    expect(code).toBeUndefined();
    const facts = await readPlatformFacts(aws(), 'dev');
    expect(result).toEqual({
      environment: 'dev',
      account,
      region: 'eu-west-1',
      loadBalancerDns: facts['load-balancer-dns'],
      changed: true,
    });
    expect(facts).toMatchObject({
      bucket: `vendhost-dev-${account}-eu-west-1`,
      approval: false,
      domain: 'dev.example.com',
    });
  });

  test('the facts name what is there', async () => {
    const facts = await readPlatformFacts(aws(), 'dev');
    const { Subnets } = await (await aws().ec2()).send(
      new DescribeSubnetsCommand({ SubnetIds: facts['natted-subnet-ids'] }),
    );
    expect(Subnets?.map(({ CidrBlock }) => CidrBlock).sort()).toEqual([
      '10.10.64.0/20',
      '10.10.80.0/20',
      '10.10.96.0/20',
    ]);
    expect(Subnets?.every(({ VpcId }) => VpcId === facts['vpc-id'])).toBe(true);
    expect(new Set(Subnets?.map(({ AvailabilityZone }) => AvailabilityZone)).size).toBe(3);

    const command = new DescribeListenersCommand({ LoadBalancerArn: facts['load-balancer-arn'] });
    const { Listeners } = await (await aws().elb()).send(command);
    expect(Listeners?.map(({ Port }) => Port).sort()).toEqual([443, 80]);
    expect(Listeners?.find(({ Port }) => Port === 443)?.ListenerArn).toBe(facts['listener-arn']);

    const s3 = await aws().s3();
    expect(await s3.send(new GetBucketVersioningCommand({ Bucket: facts.bucket }))).toMatchObject({
      Status: 'Enabled',
    });
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: facts.bucket }));
    expect(Rules?.map(({ ID }) => ID)).toEqual(['logs', 'artifacts', 'rest']);
  });

  test('a second time it changes nothing', async () => {
    const { result } = await deploy();
    expect(result.changed).toBe(false);
    expect((await deploy({ dryRun: true })).code).toBeUndefined();
  });

  test('a change of platform.yml is planned, then made', async () => {
    await repository.writePlatform({ dev: { approval: true } });
    const plan = await deploy({ dryRun: true });
    expect(plan.code).toBe(2);
    expect(plan.result.stacks).toContainEqual({
      stack: 'vendhost-dev-access',
      action: 'update',
      changes: [expect.objectContaining({ type: 'AWS::SSM::Parameter', action: 'update' })],
    });
    expect((await deploy()).result.changed).toBe(true);
    expect((await readPlatformFacts(aws(), 'dev')).approval).toBe(true);
  });

  test('credentials of another account are refused before anything is done', async () => {
    await expect(deploy({ caller: '100000000009' })).rejects.toMatchObject({
      code: 'ACCOUNT_WRONG',
      message: `the credentials are of account 100000000009; platform.yml says dev is in ${account}`,
    });
  });
});
