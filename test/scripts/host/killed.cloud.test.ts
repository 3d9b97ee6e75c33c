import { DescribeInstanceRefreshesCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { execaNode } from 'execa';
import { beforeAll, expect, inject, test } from 'vitest';
import { readGroup } from '../../../scripts/host/instances/group.ts';
import { readStack } from '../../../scripts/stack/stack-state.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makeImage } from '../../builders/image.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { repository } from '../../builders/repository.ts';
import { admitTenant } from '../../builders/tenant.ts';
import { type Meddler, wire } from '../wire.ts';

const place = { tenant: 'shop', environment: 'dev' };
let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000393'), { network: true, balancers: 1 });
  await admitTenant(platform, 'shop');
});

async function provision(image: string, meddle: Meddler = async (_call, next) => await next()) {
  const env = { ...platform.env, AWS_ENDPOINT_URL: await wire(inject('localCloud').endpoint, meddle) };
  const directory = await repository({ 'vendhost.yml': 'instances: { min: 1, max: 2 }\ndatabase: none' });
  const words = ['--tenant', 'shop', '--environment', 'dev', '--image', image, '--directory', directory, '--json'];
  return { job: execaNode('scripts/vendhost.ts', ['host', 'provision', ...words], { env, reject: false }) };
}

/** Kills the job right after the given call of this operation, counted from 1. */
async function killed(image: string, operation: string, count: number): Promise<void> {
  let calls = 0;
  const dead = Promise.withResolvers<void>();
  const { job } = await provision(image, async (call, next) => {
    const answer = await next();
    if (call.operation !== operation) return answer;
    calls += 1;
    if (calls !== count) return answer;
    job.kill('SIGKILL');
    await job;
    dead.resolve();
    return answer;
  });
  await Promise.all([job, dead.promise]);
}

async function finished(image: string) {
  const { exitCode, stdout, stderr } = await (await provision(image)).job;
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Group, stack and instances agree, and nothing is under way. */
async function expectRunning(image: string): Promise<void> {
  const group = await readGroup(platform.aws, place);
  const stack = await readStack(platform.aws, 'vendhost-dev-shop-host');
  expect(stack).toMatchObject({
    status: expect.stringMatching(/^(CREATE|UPDATE)_COMPLETE$/),
    parameters: { ImageId: image, LaunchTemplateVersion: group?.version },
  });
  const ec2 = await platform.aws.ec2();
  const { Reservations = [] } = await ec2.send(
    new DescribeInstancesCommand({ InstanceIds: [...(group?.inService ?? [])] }),
  );
  expect(Reservations.flatMap(({ Instances = [] }) => Instances.map(({ ImageId }) => ImageId))).toEqual([image]);
  const { InstanceRefreshes = [] } = await (await platform.aws.autoScaling()).send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: group?.name }),
  );
  const over = ['Successful', 'Failed', 'Cancelled', 'RollbackSuccessful', 'RollbackFailed'];
  expect(InstanceRefreshes.filter(({ Status = '' }) => !over.includes(Status))).toEqual([]);
}

test('killed while its stack is created: the next provision waits for the stack', async () => {
  const image = await makeImage(platform, 'shop');
  await killed(image, 'CreateStack', 1);
  expect(await finished(image)).toMatchObject({ inService: 1, imageId: image });
  await expectRunning(image);
});

test.each<[string, string, number]>([
  ['its stack is updated', 'UpdateStack', 1],
  ['the stack gets the number of the new version', 'UpdateStack', 2],
])('killed while %s: the next provision does the rest', async (_what, call, count) => {
  const image = await makeImage(platform, 'shop');
  await killed(image, call, count);
  expect(await finished(image)).toMatchObject({ inService: 1, imageId: image });
  await expectRunning(image);
});

test('killed while its instances are replaced, and then a newer image: that is what runs in the end', async () => {
  const newer = await makeImage(platform, 'shop');
  await killed(await makeImage(platform, 'shop'), 'StartInstanceRefresh', 1);
  expect(await finished(newer)).toMatchObject({ changed: true, inService: 1, imageId: newer });
  await expectRunning(newer);
});
