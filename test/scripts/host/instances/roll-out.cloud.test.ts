import { DescribeInstanceRefreshesCommand, StartInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateVersionCommand } from '@aws-sdk/client-ec2';
import { beforeAll, expect, test, vi } from 'vitest';
import { Cancelled } from '../../../../scripts/errors.ts';
import { type Group, readGroup } from '../../../../scripts/host/instances/group.ts';
import { provisionHost } from '../../../../scripts/host/provision.ts';
import { type HostPlatform, hostPlatform, tenantDirectory } from '../platform.ts';

const environment = 'dev';
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let platform: HostPlatform;

beforeAll(async () => {
  platform = await hostPlatform('100000000304');
});

async function provision(tenant: string, image?: string, runtime = platform.runtime(), dryRun = false) {
  const directory = await tenantDirectory('instances: { min: 2, max: 2 }\ndatabase: none');
  return await provisionHost(runtime, { tenant, environment, directory, image, dryRun });
}

async function group(tenant: string): Promise<Group> {
  const found = await readGroup(platform.aws, { tenant, environment });
  if (found === undefined) throw new Error(`no group of ${tenant}`);
  return found;
}

async function lastRefresh(name: string): Promise<string | undefined> {
  const command = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: name });
  return (await (await platform.aws.autoScaling()).send(command)).InstanceRefreshes?.[0]?.Status;
}

test('instances that cannot start: the old ones stay, the error has the reason, and the next good image is rolled out', async () => {
  await platform.admit('fragile');
  await provision('fragile', await platform.image('fragile'));
  const before = await group('fragile');
  await platform.ec2.send(
    new CreateLaunchTemplateVersionCommand({
      LaunchTemplateId: before.launchTemplateId,
      SourceVersion: before.version,
      LaunchTemplateData: { ImageId: 'ami-0123456789abcdef0' },
    }),
  );
  const planned = platform.runtime();
  expect(await provision('fragile', undefined, planned, true)).toBe(2);
  expect(JSON.parse(planned.printed())).toMatchObject({
    changed: true,
    plan: {
      host: { action: 'none' },
      refresh: { from: '1', to: '2', unfinished: '2', changes: [{ property: 'ImageId', to: 'ami-0123456789abcdef0' }] },
    },
  });

  const failure = await provision('fragile').catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'ROLL_OUT_FAILED',
    message: 'the instances of vendhost-dev-fragile were not replaced: RollbackSuccessful',
    details: [expect.stringContaining('could not be launched')],
  });
  expect(await group('fragile')).toMatchObject({ version: before.version, inService: before.inService });

  const fixed = platform.runtime();
  expect(await provision('fragile', await platform.image('fragile'), fixed)).toBeUndefined();
  expect(JSON.parse(fixed.printed())).toMatchObject({ changed: true, inService: 2 });
});

test('a cancelled roll-out is rolled back', async () => {
  await platform.admit('hasty');
  await provision('hasty', await platform.image('hasty'));
  const before = await group('hasty');
  const stop = new AbortController();
  const runtime = platform.runtime({
    signal: stop.signal,
    onProgress: (text) => {
      if (text.includes('replacing the 2 instances')) stop.abort(new Cancelled('SIGTERM'));
    },
  });
  await expect(provision('hasty', await platform.image('hasty'), runtime)).rejects.toThrow('cancelled by SIGTERM');
  expect(runtime.progress()).toContain('vendhost-dev-hasty: Auto Scaling rolls the instance refresh back');
  await expect.poll(() => lastRefresh(before.name), { timeout: 60_000 }).toBe('RollbackSuccessful');
  expect(await group('hasty')).toMatchObject({ version: before.version });
});

test('an instance refresh of a job before is waited for', async () => {
  await platform.admit('busy');
  await provision('busy', await platform.image('busy'));
  const { name } = await group('busy');
  const autoScaling = await platform.aws.autoScaling();
  const image = await platform.image('busy');
  const started = await autoScaling.send(new StartInstanceRefreshCommand({ AutoScalingGroupName: name }));
  const runtime = platform.runtime();
  await provision('busy', image, runtime);
  expect(runtime.progress().join('\n')).toContain(`an instance refresh of ${name} is `);
  const command = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: name });
  const { InstanceRefreshes = [] } = await autoScaling.send(command);
  expect(InstanceRefreshes.map(({ Status }) => Status)).toEqual(['Successful', 'Successful']);
  expect(InstanceRefreshes[1]?.InstanceRefreshId).toBe(started.InstanceRefreshId);
  expect(JSON.parse(runtime.printed())).toMatchObject({ imageId: image, inService: 2 });
});
