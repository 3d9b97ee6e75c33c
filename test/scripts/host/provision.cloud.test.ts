import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { GetStackPolicyCommand } from '@aws-sdk/client-cloudformation';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { DescribeTargetGroupsCommand, ModifyTargetGroupCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { keys } from '../../../scripts/config/names.ts';
import { VendhostError } from '../../../scripts/errors.ts';
import { keepData } from '../../../scripts/host/data-guard.ts';
import { readGroup } from '../../../scripts/host/instances/group.ts';
import { type ProvisionOptions, provisionHost } from '../../../scripts/host/provision.ts';
import { readStack } from '../../../scripts/stack/stack-state.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makeImage } from '../../builders/image.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { repository } from '../../builders/repository.ts';
import { admitTenant, claimHost, recordTenant } from '../../builders/tenant.ts';

const environment = 'dev';
// Each test deploys several times; the first loads the CDK and makes the machines' base.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const none = 'instances: { min: 0, max: 1 }';
let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000303'), { network: true, balancers: 1 });
});

async function provision(tenant: string, vendhostYml: string, options: Partial<ProvisionOptions> = {}) {
  const runtime = platform.runtime();
  const directory = await repository({ 'vendhost.yml': vendhostYml });
  const given = { tenant, environment, directory, image: undefined, dryRun: false, ...options };
  const code = await provisionHost(runtime, given);
  return { code, result: JSON.parse(runtime.printed()), progress: runtime.progress() };
}

/** The error a provision ends with. */
async function refused(tenant: string, vendhostYml: string, options: Partial<ProvisionOptions> = {}) {
  const error = await provision(tenant, vendhostYml, options).catch((thrown: unknown) => thrown);
  if (error instanceof VendhostError) return { code: error.code, message: error.message, details: error.details };
  throw error;
}

async function targetGroup(tenant: string) {
  const Names = [`vendhost-dev-${tenant}--8080-1`];
  return (await (await platform.aws.elb()).send(new DescribeTargetGroupsCommand({ Names }))).TargetGroups?.[0];
}

describe('a virtual host', () => {
  test('is planned, created, left alone, and changed', async () => {
    await admitTenant(platform, 'shop');
    const image = await makeImage(platform, 'shop');
    const yml = `${none}\nhealth_check: { path: /health }`;

    const planned = await provision('shop', yml, { image, dryRun: true });
    const toHealth = { setting: 'health check path', from: '/', to: '/health' };
    expect(planned).toMatchObject({
      code: 2,
      result: { changed: true, plan: { healthCheck: { changes: expect.arrayContaining([toHealth]) } } },
    });
    expect(await targetGroup('shop')).toMatchObject({ HealthCheckPath: '/', HealthCheckIntervalSeconds: 30 });

    const made = await provision('shop', yml, { image });
    expect(made.result).toMatchObject({
      pipeline: 'vendhost-dev-shop',
      targetGroup: 'vendhost-dev-shop--8080-1',
      hosts: ['shop.dev.example.com'],
      changed: true,
      imageId: image,
    });
    expect(await targetGroup('shop')).toMatchObject({ HealthCheckPath: '/health', HealthCheckIntervalSeconds: 10 });

    const again = await provision('shop', yml);
    expect(again.result).toMatchObject({ changed: false, imageId: image });
    expect(again.progress.join()).not.toContain('creat');
    const plannedAgain = await provision('shop', yml, { dryRun: true });
    expect(plannedAgain).toMatchObject({ code: undefined, result: { changed: false } });
  });

  test("somebody's change of its health check is undone, though no stack differs", async () => {
    const TargetGroupArn = (await targetGroup('shop'))?.TargetGroupArn;
    const meddled = new ModifyTargetGroupCommand({ TargetGroupArn, HealthCheckPath: '/else' });
    await (await platform.aws.elb()).send(meddled);
    const put = await provision('shop', `${none}\nhealth_check: { path: /health }`);
    expect(put.result).toMatchObject({ changed: true });
    expect(put.progress).toContain('  target group vendhost-dev-shop--8080-1: health check path /else → /health');
    expect(await targetGroup('shop')).toMatchObject({ HealthCheckPath: '/health' });
  });

  test('its data is protected', async () => {
    await admitTenant(platform, 'vault');
    await provision('vault', none, { image: await makeImage(platform, 'vault') });
    const cloudFormation = await platform.aws.cloudFormation();
    const name = 'vendhost-dev-vault-data';
    const { StackPolicyBody } = await cloudFormation.send(new GetStackPolicyCommand({ StackName: name }));
    expect(JSON.parse(StackPolicyBody ?? '')).toEqual(keepData);
    expect(await readStack(platform.aws, name)).toMatchObject({ terminationProtection: true });
    expect(await refused('vault', `${none}\ndatabase: { name: other }`)).toMatchObject({
      code: 'DATA_WOULD_BE_LOST',
      details: [expect.stringMatching(/^DatabaseInstance\w+ \(AWS::RDS::DBInstance\) would be replaced$/)],
    });
    const kept = await provision('vault', `${none}\ndatabase: none`);
    expect(kept.progress.join('\n')).toContain('warning: vendhost.yml says `database: none`, but there is a database');
    expect(await readStack(platform.aws, name)).toMatchObject({ status: 'CREATE_COMPLETE' });
  });

  test('without a database there is no data stack', async () => {
    await admitTenant(platform, 'plain');
    await provision('plain', `${none}\ndatabase: none`, { image: await makeImage(platform, 'plain') });
    expect(await readStack(platform.aws, 'vendhost-dev-plain-data')).toBeUndefined();
  });
});

describe('instances', () => {
  test('are in service at the end, know their place, and are replaced one by one for a new image', async () => {
    await admitTenant(platform, 'rolling');
    const yml = 'instances: { min: 2, max: 3 }\ndatabase: none';
    const first = await makeImage(platform, 'rolling');
    const made = await provision('rolling', yml, { image: first });
    expect(made.result.inService).toBe(2);
    expect(await imagesInService('rolling')).toEqual([first, first]);

    const second = await makeImage(platform, 'rolling');
    const planned = await provision('rolling', yml, { image: second, dryRun: true });
    const { launchTemplateId: newestOf } = (await readGroup(platform.aws, { tenant: 'rolling', environment })) ?? {};
    expect(planned.code).toBe(2);
    expect(planned.result.plan).toMatchObject({
      image: { from: first, to: second },
      healthCheck: { changes: [] },
      host: { action: 'update', parameters: { ImageId: { from: first, to: second } } },
      refresh: {
        instances: 2,
        from: '1',
        to: { newestOf },
        replacement: 'yes',
        changes: [{ property: 'ImageId', from: first, to: second }],
        after: { LaunchTemplateVersion: { newestOf } },
      },
    });
    expect(await imagesInService('rolling')).toEqual([first, first]);

    const rolled = await provision('rolling', yml, { image: second });
    expect(rolled.result).toMatchObject({ changed: true, inService: 2, imageId: second });
    expect(rolled.progress.join('\n')).toMatch(/ {2}Successful 100 %/);
    expect(rolled.progress).toContain(
      '  all 2 instances of vendhost-dev-rolling are replaced, each when a new one is healthy',
    );
    expect(await imagesInService('rolling')).toEqual([second, second]);
    expect((await provision('rolling', yml)).result).toMatchObject({ changed: false, imageId: second });
    expect(await readStack(platform.aws, 'vendhost-dev-rolling-host')).toMatchObject({
      parameters: {
        LaunchTemplateVersion: (await readGroup(platform.aws, { tenant: 'rolling', environment }))?.version,
      },
    });
  });
});

describe('what is refused', () => {
  test('instances that cannot be started, with the reason of Auto Scaling', async () => {
    await admitTenant(platform, 'misfit', { limits: { instance_types: ['t4g.small'] } });
    const yml = 'instances: { type: t4g.small, min: 1, max: 1 }\ndatabase: none';
    expect(await refused('misfit', yml, { image: await makeImage(platform, 'misfit') })).toMatchObject({
      code: 'INSTANCES_FAILED',
      // Auto Scaling tries again every two seconds: who looks late sees more.
      message: expect.stringMatching(
        /^vendhost-dev-misfit cannot start its instances: ([3-9]|\d{2,}) launches failed$/,
      ),
      details: [expect.stringContaining("The architecture 'arm64' of the specified instance type does not match")],
    });
  });

  test('more than the platform grants: all faults at once, nothing claimed', async () => {
    await admitTenant(platform, 'greedy', { limits: { max_instances: 1 } });
    const failure = await refused('greedy', 'instances: { type: m5.large, max: 9 }', { image: 'ami-1' });
    expect(failure).toMatchObject({ code: 'CONFIG_INVALID', details: { length: 2 } });
  });

  test('no image at all, an unknown one, and one of another tenant', async () => {
    await admitTenant(platform, 'imageless');
    expect(await refused('imageless', none)).toMatchObject({ code: 'IMAGE_MISSING' });
    expect(await refused('imageless', none, { image: 'ami-0123456789abcdef0' })).toMatchObject({
      code: 'IMAGE_UNKNOWN',
    });
    const foreign = await makeImage(platform, 'someone', { encrypted: false });
    expect(await refused('imageless', none, { image: foreign })).toMatchObject({
      code: 'IMAGE_UNSUITABLE',
      details: [
        'its volume /dev/xvda is not encrypted',
        'its tag vendhost:tenant is someone, not imageless',
        expect.stringMatching(
          /^no record of imageless names it: there is no infrastructure\/imageless\/[0-9a-f]{64}\.json$/,
        ),
      ],
    });
  });

  test("an image with all the tenant's tags that its records do not name, or not for this bake key", async () => {
    await admitTenant(platform, 'tagged');
    const unrecorded = await makeImage(platform, 'tagged', { recorded: false });
    const unsuitable = await refused('tagged', none, { image: unrecorded });
    expect(unsuitable).toMatchObject({ code: 'IMAGE_UNSUITABLE', details: [expect.stringMatching(/^no record of/)] });
    const orphan = await makeImage(platform, 'tagged', { recorded: 'ami-0123456789abcdef0' });
    expect(await refused('tagged', none, { image: orphan })).toMatchObject({
      code: 'IMAGE_UNSUITABLE',
      message: `${orphan} is not an image for tagged in dev`,
      details: [
        expect.stringMatching(/^infrastructure\/tagged\/[0-9a-f]{64}\.json names ami-0123456789abcdef0 instead of it$/),
      ],
    });
  });

  test('without --image: the image in use, when the record of it is gone and everything is compared', async () => {
    await admitTenant(platform, 'forgetful');
    const image = await makeImage(platform, 'forgetful');
    await provision('forgetful', none, { image });
    const Prefix = keys.imageRecords('forgetful');
    const s3 = await platform.aws.s3();
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: platform.bucket, Prefix }));
    for (const { Key } of Contents) await s3.send(new DeleteObjectCommand({ Bucket: platform.bucket, Key }));
    expect(await refused('forgetful', none, { full: true })).toMatchObject({
      code: 'IMAGE_UNSUITABLE',
      message: `${image} is not an image for forgetful in dev`,
      details: [expect.stringMatching(/^no record of forgetful names it/)],
    });
  });

  test('a host that another tenant claimed', async () => {
    await admitTenant(platform, 'late', { hosts: ['late.example.test', 'wanted.example.test'] });
    await claimHost(platform, 'wanted.example.test', 'early');
    expect(await refused('late', none, { image: 'ami-1' })).toMatchObject({
      code: 'HOST_OF_ANOTHER_TENANT',
      details: ['wanted.example.test: claimed by early'],
    });
  });

  test('a tenant that was not vended, or not completely', async () => {
    expect(await refused('nobody', none)).toMatchObject({ code: 'TENANT_UNKNOWN' });
    await recordTenant(platform, 'halfway');
    await claimHost(platform, 'halfway.dev.example.com', 'halfway');
    expect(await refused('halfway', none)).toMatchObject({
      code: 'TARGET_GROUP_MISSING',
      message: 'halfway has no target group vendhost-dev-halfway--8080-1',
    });
  });
});

/** The images that a tenant's instances in service were started from. */
async function imagesInService(tenant: string): Promise<(string | undefined)[]> {
  const names = [`vendhost-dev-${tenant}`];
  const found = await (await platform.aws.autoScaling()).send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: names }),
  );
  const ids = (found.AutoScalingGroups?.[0]?.Instances ?? []).flatMap((each) =>
    each.LifecycleState === 'InService' ? (each.InstanceId ?? []) : [],
  );
  const { Reservations = [] } = await (await platform.aws.ec2()).send(
    new DescribeInstancesCommand({ InstanceIds: ids }),
  );
  return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ ImageId }) => ImageId));
}
