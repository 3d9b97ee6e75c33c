import {
  DescribeInstanceRefreshesCommand,
  ResumeProcessesCommand,
  StartInstanceRefreshCommand,
  SuspendProcessesCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateVersionCommand } from '@aws-sdk/client-ec2';
import { beforeAll, expect, inject, test, vi } from 'vitest';
import { Cancelled } from '../../../../scripts/errors.ts';
import { type Group, readGroup } from '../../../../scripts/host/instances/group.ts';
import { provisionHost } from '../../../../scripts/host/provision.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeImage } from '../../../builders/image.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { recorder } from '../../../builders/recorder.ts';
import { repository } from '../../../builders/repository.ts';
import { admitTenant } from '../../../builders/tenant.ts';
import { justBefore, wire } from '../../wire.ts';

const environment = 'dev';
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000304'), { network: true, balancers: 1 });
});

async function provision(
  tenant: string,
  image?: string,
  runtime = platform.runtime(),
  { dryRun = false, full = false } = {},
) {
  const directory = await repository({ 'vendhost.yml': 'instances: { min: 2, max: 2 }\ndatabase: none' });
  return await provisionHost(runtime, { tenant, environment, directory, image, dryRun, full });
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
  await admitTenant(platform, 'fragile');
  await provision('fragile', await makeImage(platform, 'fragile'));
  const before = await group('fragile');
  await (await platform.aws.ec2()).send(
    new CreateLaunchTemplateVersionCommand({
      LaunchTemplateId: before.launchTemplateId,
      SourceVersion: before.version,
      LaunchTemplateData: { ImageId: 'ami-0123456789abcdef0' },
    }),
  );
  const planned = platform.runtime();
  // A version made by hand changes neither a stack nor the group: only a whole comparison finds it.
  expect(await provision('fragile', undefined, planned, { dryRun: true, full: true })).toBe(2);
  expect(JSON.parse(planned.printed())).toMatchObject({
    changed: true,
    plan: {
      host: { action: 'none' },
      refresh: { from: '1', to: '2', unfinished: '2', changes: [{ property: 'ImageId', to: 'ami-0123456789abcdef0' }] },
    },
  });

  const failure = await provision('fragile', undefined, platform.runtime(), { full: true }).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({
    code: 'ROLL_OUT_FAILED',
    message: 'the instances of vendhost-dev-fragile were not replaced: RollbackSuccessful',
    details: [expect.stringContaining('could not be launched')],
  });
  expect(await group('fragile')).toMatchObject({ version: before.version, inService: before.inService });

  const fixed = platform.runtime();
  expect(await provision('fragile', await makeImage(platform, 'fragile'), fixed)).toBeUndefined();
  expect(JSON.parse(fixed.printed())).toMatchObject({ changed: true, inService: 2 });
});

/** Until this is undone no instance of the group starts, and a wait for one continues. */
async function launching(AutoScalingGroupName: string, isOn: boolean): Promise<void> {
  const processes = { AutoScalingGroupName, ScalingProcesses: ['Launch'] };
  const client = await platform.aws.autoScaling();
  if (isOn) await client.send(new ResumeProcessesCommand(processes));
  else await client.send(new SuspendProcessesCommand(processes));
}

test('a cancelled roll-out is rolled back', async () => {
  await admitTenant(platform, 'hasty');
  await provision('hasty', await makeImage(platform, 'hasty'));
  const before = await group('hasty');
  const stop = new AbortController();
  const runtime = platform.runtime({
    signal: stop.signal,
    onProgress: (text) => {
      if (text.includes('replacing the 2 instances')) stop.abort(new Cancelled('SIGTERM'));
    },
  });
  const image = await makeImage(platform, 'hasty');
  await launching(before.name, false);
  await expect(provision('hasty', image, runtime)).rejects.toThrow('cancelled by SIGTERM');
  expect(runtime.progress()).toContain('vendhost-dev-hasty: Auto Scaling rolls the instance refresh back');
  await launching(before.name, true);
  await expect.poll(() => lastRefresh(before.name), { timeout: 120_000 }).toBe('RollbackSuccessful');
  expect(await group('hasty')).toMatchObject({ version: before.version });
});

test('an instance refresh of an earlier job is waited for', async () => {
  await admitTenant(platform, 'busy');
  await provision('busy', await makeImage(platform, 'busy'));
  const { name } = await group('busy');
  const autoScaling = await platform.aws.autoScaling();
  const image = await makeImage(platform, 'busy');
  let started: string | undefined;
  const meddle = justBefore('DescribeInstanceRefreshes', async () => {
    await launching(name, false);
    const answer = await autoScaling.send(new StartInstanceRefreshCommand({ AutoScalingGroupName: name }));
    started = answer.InstanceRefreshId;
  });
  const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, meddle);
  const onProgress = (text: string) => {
    if (text.includes(`an instance refresh of ${name} is `)) void launching(name, true);
  };
  const runtime = recorder({ ...platform.env, AWS_ENDPOINT_URL }, { onProgress });
  await provision('busy', image, runtime, { full: true });
  expect(runtime.progress().join('\n')).toContain(`an instance refresh of ${name} is `);
  const command = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: name });
  const { InstanceRefreshes = [] } = await autoScaling.send(command);
  expect(InstanceRefreshes.map(({ Status }) => Status)).toEqual(['Successful', 'Successful']);
  expect(InstanceRefreshes[1]?.InstanceRefreshId).toBe(started);
  expect(JSON.parse(runtime.printed())).toMatchObject({ imageId: image, inService: 2 });
});
