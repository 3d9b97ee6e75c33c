import {
  DescribeInstanceRefreshesCommand,
  ResumeProcessesCommand,
  StartInstanceRefreshCommand,
  SuspendProcessesCommand,
} from '@aws-sdk/client-auto-scaling';
import { beforeAll, expect, inject, test, vi } from 'vitest';
import { cloudAccount } from '../../builders/account.ts';
import { makeImage } from '../../builders/image.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { repository } from '../../builders/repository.ts';
import { admitTenant } from '../../builders/tenant.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { type Meddler, wire } from '../wire.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
let platform: Platform;
beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000326'), { network: true, balancers: 1 });
  await admitTenant(platform, 'shop');
});

/** Provisions one instance of an image while somebody meddles between two calls. */
async function provision(image: string, meddle: Meddler, onProgress: (text: string) => void = () => undefined) {
  const cwd = await repository({ 'vendhost.yml': 'instances: { min: 1, max: 2 }\ndatabase: none' });
  const words = ['host', 'provision', '--tenant', 'shop', '--environment', 'dev', '--image', image];
  const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, meddle);
  return await vendhost(words, { cwd, env: { ...platform.env, AWS_ENDPOINT_URL }, stderr: onProgress });
}

test('an instance refresh that starts while the host is deployed is waited for before the roll-out', async () => {
  const name = 'vendhost-dev-shop';
  await provision(await makeImage(platform, 'shop'), (_call, next) => next());
  const autoScaling = await platform.aws.autoScaling();
  let isDeployed = false;
  let isBegun = false;
  const launch = { AutoScalingGroupName: name, ScalingProcesses: ['Launch'] };
  // It cannot end before the roll-out has seen it.
  const begun: Meddler = async ({ operation }, next) => {
    if (operation === 'UpdateStack') isDeployed = true;
    if (isDeployed && !isBegun && operation === 'DescribeInstanceRefreshes') {
      isBegun = true;
      await autoScaling.send(new SuspendProcessesCommand(launch));
      await autoScaling.send(new StartInstanceRefreshCommand({ AutoScalingGroupName: name }));
    }
    return await next();
  };
  const goOn = (text: string) => {
    if (text.includes(`an instance refresh of ${name} is `)) void autoScaling.send(new ResumeProcessesCommand(launch));
  };
  const ended = await provision(await makeImage(platform, 'shop'), begun, goOn);
  expect([ended.code, errorIn(ended)]).toEqual([0, undefined]);
  expect(ended.stderr).toContain(`an instance refresh of ${name} is `);
  const { InstanceRefreshes = [] } = await autoScaling.send(
    new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: name }),
  );
  expect(InstanceRefreshes.map(({ Status }) => Status)).toEqual(['Successful', 'Successful']);
});
