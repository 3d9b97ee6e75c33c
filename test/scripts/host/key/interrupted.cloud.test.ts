import { UpdateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { beforeAll, expect, inject, test, vi } from 'vitest';
import { readGroup } from '../../../../scripts/host/instances/group.ts';
import { readStack } from '../../../../scripts/stack/stack-state.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeImage } from '../../../builders/image.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { repository } from '../../../builders/repository.ts';
import { admitTenant } from '../../../builders/tenant.ts';
import { errorIn, vendhost } from '../../command-line.ts';
import { type Meddler, refusal, refusing, wire } from '../../wire.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const place = { tenant: 'shop', environment: 'dev' };
const yml = 'instances: { min: 0, max: 1 }\n';
let platform: Platform;
let first: string;
let second: string;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000362'), { network: true, balancers: 1 });
  await admitTenant(platform, place.tenant);
  first = await makeImage(platform, place.tenant);
  second = await makeImage(platform, place.tenant);
});

async function provision(image: string, meddle: Meddler = (_call, next) => next(), vendhostYml = yml) {
  const cwd = await repository({ 'vendhost.yml': vendhostYml });
  const words = ['host', 'provision', '--tenant', 'shop', '--environment', 'dev', '--image', image];
  const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, meddle);
  return await vendhost(words, { cwd, env: { ...platform.env, AWS_ENDPOINT_URL } });
}

const hostStack = async () => (await readStack(platform.aws, 'vendhost-dev-shop-host'))?.parameters;
const unchanged = { code: 0, stderr: '', stdout: expect.stringContaining('in dev: no change') };

test("a provision that ended between the host's update and its roll-out does not count as done, whatever comes next", async () => {
  expect(await provision(first)).toMatchObject({ code: 0 });
  const before = await hostStack();
  const killed = await provision(second, refusing('StartInstanceRefresh', 'AccessDenied'));
  expect(errorIn(killed)).toBe('ACCESS_DENIED');
  const ProvisionKey = expect.stringMatching(/^unfinished configuration=/);
  expect(await hostStack()).toMatchObject({ ImageId: second, ProvisionKey, LaunchTemplateVersion: '1' });

  const reverted = await provision(first);
  expect(reverted).toMatchObject({ code: 0, stdout: expect.stringContaining('in dev: provisioned') });
  expect(reverted.stderr).toContain('  the last provision did not finish');
  expect(await hostStack()).toMatchObject({ ImageId: first, ProvisionKey: before?.ProvisionKey });
  expect(await provision(first)).toMatchObject(unchanged);
});

test('nor does one that ended between the updates of data and host', async () => {
  const before = await hostStack();
  const withoutHost: Meddler = async (call, next) =>
    call.operation === 'UpdateStack' && call.body.includes('shop-host') ? refusal(call, 'AccessDenied') : await next();
  const larger = `${yml}database: { class: db.t3.small }\ndeployment_config: CodeDeployDefault.AllAtOnce`;
  expect(errorIn(await provision(first, withoutHost, larger))).toBe('ACCESS_DENIED');
  expect(await hostStack()).toEqual(before);

  const reverted = await provision(first);
  expect(reverted.stderr).toContain(
    '  vendhost-dev-shop-data was updated since, or by a provision that did not finish',
  );
  expect(reverted.stderr).toContain('RDS::DBInstance');
  expect(await provision(first)).toMatchObject(unchanged);
});

test('a group whose launch template version was changed by hand gets the right one back', async () => {
  const group = await readGroup(platform.aws, place);
  const { LaunchTemplateVersion: version = '' } = (await hostStack()) ?? {};
  const other = String(Number(version) - 1);
  await (await platform.aws.autoScaling()).send(
    new UpdateAutoScalingGroupCommand({
      AutoScalingGroupName: group?.name,
      LaunchTemplate: { LaunchTemplateId: group?.launchTemplateId, Version: other },
    }),
  );
  const ended = await provision(first);
  expect(ended.stderr).toContain(`  instances start from launch template version ${other}, not ${version}`);
  expect(await readGroup(platform.aws, place)).toMatchObject({ version });
  expect(await hostStack()).toMatchObject({ LaunchTemplateVersion: version });
  expect(await provision(first)).toMatchObject(unchanged);
});
