import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { readTenantRecord } from '../../../scripts/aws/read-facts.ts';
import { readStack } from '../../../scripts/stack/stack-state.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { organizationRole } from '../../local-cloud/organization.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const management = '100000000309';
const member = '100000000310';
let own: Platform;
let other: Platform;
let repository: PlatformRepository;
let role: string;

/** `dev` is in the management account and `staging` in a member account; `production` is where nobody gets in. */
beforeAll(async () => {
  own = await makePlatform(cloudAccount(management), { network: true, balancers: 1 });
  other = await makePlatform(cloudAccount(member), { environment: 'staging', network: true, balancers: 1 });
  role = await organizationRole(inject('localCloud').endpoint, member, management);
  repository = await platformRepository(management);
  await repository.writeTenant('shop', {
    project: 'acme/shop',
    hosts: {
      dev: ['shop.dev.example.com'],
      staging: ['shop.staging.example.com'],
      production: ['shop.production.example.com'],
    },
  });
});

async function vend(staging: object) {
  const certificate = `arn:aws:acm:eu-west-1:${member}:certificate/one`;
  await repository.writePlatform({ staging: { account: member, certificate, ...staging } });
  const runtime = own.runtime();
  const options = { directory: repository.directory, tenant: 'shop', environment: undefined, dryRun: false };
  await vendTenant(runtime, options);
  const { environments } = JSON.parse(runtime.printed()) as {
    environments: { environment: string; deployRole: string }[];
  };
  return { environments, progress: runtime.progress() };
}

const leftOut = (environment: string, account: string) =>
  `${environment} is left out: it is in account ${account}, the credentials are for ${management}`;

describe('tenant vend with environments in several accounts', () => {
  test('leaves out accounts without access', async () => {
    const { environments, progress } = await vend({});
    expect(environments).toMatchObject([{ environment: 'dev' }]);
    expect(progress.slice(0, 2)).toEqual([leftOut('staging', member), leftOut('production', '999999999999')]);
  });

  test('takes the role that platform.yml names, and works in its account', async () => {
    const { environments, progress } = await vend({ role });
    expect(environments).toMatchObject([
      { environment: 'dev', deployRole: `arn:aws:iam::${management}:role/vendhost-dev-shop-deploy` },
      { environment: 'staging', deployRole: `arn:aws:iam::${member}:role/vendhost-staging-shop-deploy` },
    ]);
    expect(progress[0]).toBe(leftOut('production', '999999999999'));
    const place = { environment: 'staging', tenant: 'shop' };
    expect(await readTenantRecord(other.aws, place)).toMatchObject({ branch: 'staging', loadBalancer: 1 });
    expect(await readStack(own.aws, 'vendhost-staging-shop-access')).toBeUndefined();
  });

  test('a role that does not trust the caller stops it before anything is changed', async () => {
    const stranger = await organizationRole(inject('localCloud').endpoint, '100000000311', member);
    const certificate = 'arn:aws:acm:eu-west-1:100000000311:certificate/one';
    await expect(vend({ account: '100000000311', certificate, role: stranger })).rejects.toMatchObject({
      message: expect.stringContaining('not authorized to perform: sts:AssumeRole'),
    });
  });
});
