import { DescribeLoadBalancersCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ListOpenIDConnectProvidersCommand } from '@aws-sdk/client-iam';
import { DeleteObjectCommand, ListBucketsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DeleteParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../../local-cloud/clients.ts';
import { outcomes, type PlatformOwner, platformOwner } from './operator.ts';

vi.setConfig({ testTimeout: 300_000 });
const account = '710000000011';
let repository: PlatformRepository;
let owner: PlatformOwner;
beforeAll(async () => {
  repository = await platformRepository(account, { production: account });
  await repository.certify(inject('localCloud').endpoint);
  await repository.writePlatform({ staging: { load_balancers: 2 } });
  owner = platformOwner(repository.directory, account);
});

const bucket = `vendhost-dev-${account}-eu-west-1`;
const confirmed = { environment: 'all', yesDestroy: 'lanterns' } as const;

// One story: three environments in one account, from nothing to nothing.
describe('three environments in one account', () => {
  test('before: status says what is missing', async () => {
    const { code, result } = await owner.status('all');
    expect([code, result.healthy]).toEqual([2, false]);
    expect(
      result.environments.map(({ healthy, stacks }) => [healthy, new Set(stacks.map(({ status }) => status))]),
    ).toEqual(Array(3).fill([false, new Set(['missing'])]));
    expect(result.environments[0]?.provider).toMatchObject({ healthy: false });
  });

  test('--all deploys them at the same time, with one provider', async () => {
    const ran = await owner.deploy({ environment: 'all' });
    expect(ran.result.environments.map(({ environment }) => environment)).toEqual(['dev', 'staging', 'production']);
    expect(new Set(Object.values(outcomes(ran)))).toEqual(new Set(['created']));
    expect(Object.keys(outcomes(ran))).toHaveLength(16);
    expect(ran.result.providers).toHaveLength(1);
    const { OpenIDConnectProviderList } = await (await owner.aws().iam()).send(
      new ListOpenIDConnectProvidersCommand({}),
    );
    expect(OpenIDConnectProviderList).toHaveLength(1);
  });

  test('a second run changes nothing', async () => {
    const ran = await owner.deploy({ environment: 'all' });
    expect(ran.result.changed).toBe(false);
    expect((await owner.plan({ environment: 'all' })).code).toBeUndefined();
  });

  test('status: all is healthy', async () => {
    const { code, result } = await owner.status('all');
    expect([code, result.healthy]).toEqual([undefined, true]);
    expect(result.environments[1]?.loadBalancers).toEqual([
      { stack: 'vendhost-staging-balancer', dns: expect.any(String), rules: 0 },
      { stack: 'vendhost-staging-balancer-2', dns: expect.any(String), rules: 0 },
    ]);
    expect(result.environments[2]).toMatchObject({ provider: { healthy: true }, tenants: [] });
  });

  test('a load balancer that platform.yml no longer asks for is shown as such', async () => {
    await repository.writePlatform();
    const { result } = await owner.status('all');
    const left = result.environments[1]?.stacks.filter(({ note }) => note !== undefined);
    expect(left).toMatchObject([{ stack: 'vendhost-staging-balancer-2', note: 'no longer in platform.yml' }]);
  });

  test('destroy is refused while there are tenants, by record or by stack', async () => {
    const ssm = await owner.aws().ssm();
    const Name = '/vendhost/dev/tenants/shop';
    await ssm.send(new PutParameterCommand({ Name, Value: '{}', Type: 'String' }));
    const stacks = new Stacks(clientConfig(inject('localCloud').endpoint, account));
    const topic = { Topic: { Type: 'AWS::SNS::Topic' } };
    await stacks.create('vendhost-staging-blog-data', { resources: topic });
    expect((await owner.status('all')).result.environments[0]?.tenants).toEqual(['shop']);

    await expect(owner.destroy()).rejects.toMatchObject({
      code: 'TENANTS_EXIST',
      message: 'dev has 1 tenant; nothing was destroyed',
      details: ['shop: record /vendhost/dev/tenants/shop'],
    });
    const error = await owner.destroy(confirmed).catch((thrown) => thrown);
    expect(error.details.join('\n')).toMatch(/shop: record [\s\S]*blog: stack vendhost-staging-blog-data/);
    await ssm.send(new DeleteParameterCommand({ Name }));
    await stacks.delete('vendhost-staging-blog-data');
    expect((await owner.status('all')).result.healthy).toBe(true);
  });

  test('production is destroyed only by name', async () => {
    const production = { environment: 'production' } as const;
    await expect(owner.destroy(production)).rejects.toMatchObject({
      code: 'CONFIRMATION_MISSING',
      hint: expect.stringContaining('--yes-destroy lanterns'),
    });
    await expect(owner.destroy({ ...production, yesDestroy: 'lantern' })).rejects.toMatchObject({
      code: 'CONFIRMATION_WRONG',
      message: "--yes-destroy lantern is not the platform's name",
    });
  });

  test('--dry-run shows what would go and what stays', async () => {
    const { code, result, progress } = await owner.destroy({ environment: 'all', dryRun: true });
    expect([code, result.destroyed, progress]).toEqual([2, false, []]);
    expect(result.environments[1]).toMatchObject({
      steps: [
        ['vendhost-staging-balancer', 'vendhost-staging-balancer-2'],
        ['vendhost-staging-network', 'vendhost-staging-storage'],
        ['vendhost-staging-access'],
        ['vendhost-staging-policies'],
      ],
      buckets: [`vendhost-staging-${account}-eu-west-1`, `vendhost-staging-${account}-eu-west-1-logs`],
      key: expect.stringMatching(/^arn:aws:kms:/),
    });
    expect(result.providers).toMatchObject([{ account }]);
  });

  test('one environment goes with all versions in its buckets; the provider stays for the others', async () => {
    const s3 = await owner.aws().s3();
    for (const Body of ['one', 'two']) await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'software/a', Body }));
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'software/a' }));
    const { code, result, progress } = await owner.destroy();
    expect([code, result.destroyed, result.providers]).toEqual([undefined, true, []]);
    expect(progress).toContain(`  ${bucket}: 3 versions deleted`);
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name).filter((name) => name?.startsWith('vendhost-dev-'))).toEqual([]);
    expect((await owner.status('all')).result.environments.map(({ healthy }) => healthy)).toEqual([false, true, true]);
  });

  test('on nothing left it says so', async () => {
    expect(await owner.destroy()).toMatchObject({ code: undefined, result: { destroyed: false, providers: [] } });
  });

  test('a deploy creates it again', async () => {
    expect(new Set(Object.values(outcomes(await owner.deploy())))).toEqual(new Set(['created']));
    expect((await owner.status()).code).toBeUndefined();
  });

  test('what is protected in production goes too, and the provider with the last environment', async () => {
    const { result } = await owner.destroy(confirmed);
    expect(result).toMatchObject({ destroyed: true, providers: [{ account }] });
    const { LoadBalancers } = await (await owner.aws().elb()).send(new DescribeLoadBalancersCommand({}));
    expect(LoadBalancers).toEqual([]);
    const { OpenIDConnectProviderList } = await (await owner.aws().iam()).send(
      new ListOpenIDConnectProvidersCommand({}),
    );
    expect(OpenIDConnectProviderList).toEqual([]);
    expect((await owner.destroy({ ...confirmed, dryRun: true })).code).toBeUndefined();
  });
});
