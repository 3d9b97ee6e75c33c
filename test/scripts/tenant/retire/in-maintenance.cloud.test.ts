import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ConditionalObjects } from '../../../../scripts/aws/objects.ts';
import { readPlatformFacts } from '../../../../scripts/aws/read-facts.ts';
import { keys } from '../../../../scripts/config/names.ts';
import { priorityClaimSchema } from '../../../../scripts/config/stored.ts';
import { destroyHost } from '../../../../scripts/host/destroy/destroy-host.ts';
import { provisionHost } from '../../../../scripts/host/provision.ts';
import { readStandingRules } from '../../../../scripts/listener/listener-rules.ts';
import { listStackNames } from '../../../../scripts/platform/account-stacks.ts';
import { hostMaintenance } from '../../../../scripts/repair/maintenance/switch-maintenance.ts';
import { retireTenant } from '../../../../scripts/tenant/retire/retire-tenant.ts';
import { vendTenant } from '../../../../scripts/tenant/vend.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeImage } from '../../../builders/image.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { recorder } from '../../../builders/recorder.ts';
import { repository } from '../../../builders/repository.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '201000000001';
const place = { environment: 'dev', tenant: 'shop' } as const;
const page = '<h1>Back at noon</h1>';
const host = 'shop.dev.example.com';
let platform: Platform;
let files: PlatformRepository;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount(account), { network: true, balancers: 1 });
  files = await platformRepository(account);
});

async function vend(maintenance: object): Promise<void> {
  await files.writeTenant('shop', { project: 'acme/shop', hosts: { dev: [host] }, ...maintenance });
  await vendTenant(recorder(platform.env), { ...place, directory: files.directory, dryRun: false });
}

async function provision(): Promise<void> {
  const image = await makeImage(platform, 'shop');
  const directory = await repository({ 'vendhost.yml': 'instances: { min: 0, max: 1 }\ndatabase: none\n' });
  await provisionHost(platform.runtime(), { ...place, directory, image, dryRun: false });
}

async function destroy(withTraffic: boolean) {
  const runtime = recorder(platform.env);
  await destroyHost(runtime, { ...place, dryRun: false, withTraffic });
  return runtime.printed();
}

async function retire(withTraffic: boolean) {
  const none = { deleteDatabase: false, deleteFiles: true, keepImages: false, keepRevisions: false };
  const options = { directory: files.directory, dryRun: false, withTraffic, ...place, ...none };
  await retireTenant(recorder(platform.env), options);
}

/** What answers on the listener, by the hosts of its rules: target groups, or none for a page. */
async function rules() {
  const { 'listener-arn': listener } = await readPlatformFacts(platform.aws, 'dev');
  return (await readStandingRules(platform.aws, listener)).map(({ hosts, targetGroups }) => [hosts, targetGroups]);
}

/** Numbers that a tenant has on record, and stacks of the tenant's. */
async function left() {
  const claims = new ConditionalObjects(platform.aws, platform.bucket, priorityClaimSchema);
  const stacks = await listStackNames(platform.aws);
  return [await claims.listAll(keys.priorityClaims), stacks.filter((name) => name.startsWith('vendhost-dev-shop-'))];
}

const unknown = {
  code: 'TRAFFIC_UNKNOWN',
  message: expect.stringContaining('a page of maintenance answers for its hosts'),
  hint: expect.stringContaining('end maintenance'),
};
const switched = { maintenance_switch: { dev: page } };

describe.each([
  ['switched on by the tenant', switched, switched],
  ['vended by the platform', { maintenance: { dev: page } }, {}],
])('maintenance that was %s', (how, on, off) => {
  beforeAll(async () => {
    await vend(on);
    await provision();
    if (how.startsWith('switched')) {
      const options = { ...place, wanted: 'on', page: undefined, reason: 'closing', dryRun: false } as const;
      await hostMaintenance(platform.runtime(), options);
    }
    expect(await rules()).toContainEqual([[host], []]);
  });

  test('hides requests for the hosts, so nothing is destroyed unless that is accepted', async () => {
    await expect(destroy(false)).rejects.toMatchObject(unknown);
    await expect(retire(false)).rejects.toMatchObject(unknown);
  });

  test('continues when the virtual host is destroyed, and when it is provisioned again', async () => {
    expect(await destroy(true)).toContain('page of maintenance');
    expect(await rules()).toContainEqual([[host], []]);
    await provision();
    expect(await rules()).toContainEqual([[host], []]);
  });

  test('ends with the tenant and leaves nothing; the next vend is clean', async () => {
    await retire(true);
    expect([await rules(), await left()]).toEqual([[], [[], []]]);
    await vend(off);
    const answering = (await rules()).filter(([, groups]) => groups?.length === 0);
    expect(answering).toEqual([]);
    await retire(false);
    expect([await rules(), await left()]).toEqual([[], [[], []]]);
  });
});
