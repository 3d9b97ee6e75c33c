import { describe, expect, test } from 'vitest';
import type { Environment } from '../../../scripts/config/environment.ts';
import { approvalFaults, platformFaults, tenantFaults } from '../../../scripts/config/host-checks.ts';
import { type PlatformConfig, platformSchema } from '../../../scripts/config/platform.ts';
import { tenantSchema } from '../../../scripts/config/tenant.ts';
import { chooseEnvironments } from '../../../scripts/tenant/environments.ts';

function environment(account: string, domain: string, second: number) {
  const certificate = `arn:aws:acm:eu-west-1:${account}:certificate/x`;
  return { account, region: 'eu-west-1', cidr: `10.${second}.0.0/16`, domain, certificate };
}

const platform = platformSchema.parse({
  name: 'lanterns',
  gitlab: 'https://gitlab.example.test',
  environments: {
    dev: environment('111111111111', 'dev.example.com', 1),
    production: environment('333333333333', 'example.com', 2),
  },
});

const tenant = (hosts: object) => tenantSchema.parse({ project: 'acme/shop', hosts });
const faults = (hosts: object) =>
  tenantFaults('shop.yml', platform.environments, tenant(hosts)).map(({ path, message }) => `${path}: ${message}`);

test('the project that approves releases is not one of a tenant', () => {
  const of = (project?: string) =>
    approvalFaults(
      'shop.yml',
      project === undefined ? undefined : { project, branch: 'main' },
      tenant({ dev: ['shop.dev.example.com'] }),
    );
  expect(of('Acme/Shop').map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'project: "acme/shop" is wrong: it is the project that approves releases, approvals in platform.yml; that must be another',
  ]);
  expect([of('platform/approvals'), of()]).toEqual([[], []]);
});

describe("the image of a tenant's builds", () => {
  const built = (webhook: object | undefined, hosts: object) =>
    platformFaults('shop.yml', platformSchema.parse({ ...platform, webhook }), {
      ...tenant(hosts),
      intake: 'webhook',
    }).map(({ path, message }) => `${path}: ${message}`);
  const both = { dev: ['shop.dev.example.com'], production: ['shop.example.com'] };
  const ecr = { image: '111111111111.dkr.ecr.eu-west-1.amazonaws.com/vendhost:v1' };

  test('has to be said', () => {
    expect(built(undefined, both)).toEqual([
      'intake: "webhook" is wrong: platform.yml has no key webhook, which says how builds run',
    ]);
  });

  test('is not in ECR of an account other than that of the builds, whose own credentials pull it', () => {
    expect(built(ecr, both)).toEqual([
      'intake: "webhook" is wrong: webhook.image in platform.yml is in ECR of account 111111111111, from which builds of other accounts cannot pull, and production is in 333333333333; must be in a registry that all of them reach',
    ]);
    const secret = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:registry-AbCdEf';
    expect(built(ecr, { dev: both.dev })).toEqual([]);
    expect(built({ ...ecr, registry_secret: secret }, both)).toEqual([]);
    expect(built({ image: 'registry.example.com/vendhost:v1' }, both)).toEqual([]);
  });
});

describe('tenantFaults', () => {
  test('hosts in the domain of their environment have none', () => {
    expect(
      faults({
        dev: ['shop.dev.example.com', '*.shop.dev.example.com'],
        production: ['example.com', 'shop.example.com'],
      }),
    ).toEqual([]);
  });

  test('all faults at once, with what is allowed', () => {
    expect(
      faults({
        dev: ['shop.example.org', 'shop.example.com', 'notdev.example.com'],
        production: ['shop.dev.example.com', 'shop.dev.example.com'],
      }),
    ).toEqual([
      'hosts.dev.0: "shop.example.org" is wrong: must lie in dev.example.com, the domain of dev',
      'hosts.dev.1: "shop.example.com" is wrong: must lie in dev.example.com, the domain of dev, and it lies in production\'s',
      'hosts.dev.2: "notdev.example.com" is wrong: must lie in dev.example.com, the domain of dev, and it lies in production\'s',
      'hosts.production.0: "shop.dev.example.com" is wrong: must lie in example.com, the domain of production, and it lies in dev\'s',
      'hosts.production.1: "shop.dev.example.com" is wrong: it is listed twice',
    ]);
  });

  test('an environment that the platform does not have', () => {
    expect(faults({ staging: ['shop.staging.example.com'] })).toEqual([
      'hosts.staging.0: "shop.staging.example.com" is wrong: platform.yml has no environment staging',
    ]);
  });
});

describe('branches of a tenant', () => {
  const hosts = { dev: ['shop.dev.example.com'], production: ['shop.example.com'] };
  const branchFaults = (branches: object, of: object = hosts) =>
    tenantFaults(
      'shop.yml',
      platform.environments,
      tenantSchema.parse({ project: 'acme/shop', hosts: of, branches }),
    ).map(({ path, message }) => `${path}: ${message}`);

  test('are each of one environment', () => {
    expect(branchFaults({ production: 'main' })).toEqual([]);
    expect(branchFaults({ dev: 'master', production: 'dev' })).toEqual([]);
  });

  test('are not those of another environment, be it by platform.yml', () => {
    expect(branchFaults({ production: 'dev' })).toEqual([
      'branches.production: "dev" is wrong: must be a branch of its own: it is that of dev',
    ]);
    expect(branchFaults({ dev: 'master' })).toEqual([
      'branches.dev: "master" is wrong: must be a branch of its own: it is that of production',
    ]);
    expect(branchFaults({ dev: 'main', production: 'main' })).toEqual([
      'branches.production: "main" is wrong: must be a branch of its own: it is that of dev',
    ]);
  });

  test('are for environments with hosts', () => {
    expect(branchFaults({ production: 'main' }, { dev: hosts.dev })).toEqual([
      'branches.production: "main" is wrong: the tenant has no hosts in production',
    ]);
  });

  test('reach the environments that are vended', () => {
    const config = tenantSchema.parse({ project: 'acme/shop', hosts, branches: { production: 'main' } });
    const reach = { account: '333333333333', takesRoles: false };
    const { chosen, leftOut } = chooseEnvironments(platform, { name: 'shop', config }, reach, undefined);
    expect(chosen.map(({ config: { branch } }) => branch)).toEqual(['main']);
    expect(leftOut.map(({ config: { branch } }) => branch)).toEqual(['dev']);
  });

  test.each(['dev*', 'a b', '-x', '/dev', 'dev/', 'x?', '', 'a'.repeat(201)])('"%s" is none', (branch) => {
    const parsed = tenantSchema.safeParse({ project: 'acme/shop', hosts, branches: { dev: branch } });
    expect(parsed.success).toBe(false);
  });
});

test('a load balancer that an environment of its hosts does not have', () => {
  const config = tenantSchema.parse({
    project: 'acme/shop',
    load_balancer: 2,
    hosts: { dev: ['shop.dev.example.com'], production: ['shop.example.com'] },
  });
  const { dev, production } = platform.environments;
  const faultsWith = (most: number) =>
    tenantFaults('shop.yml', { dev: { ...dev, load_balancers: most }, production }, config);
  const fault = (environment: string) => ({
    file: 'shop.yml',
    path: 'load_balancer',
    message: `2 is wrong: must be at most 1, the load_balancers of ${environment} in platform.yml`,
  });
  expect(faultsWith(1)).toEqual([fault('dev'), fault('production')]);
  expect(faultsWith(2)).toEqual([fault('production')]);
});

describe('chooseEnvironments', () => {
  const shop = {
    name: 'shop',
    config: tenant({ dev: ['shop.dev.example.com'], production: ['shop.example.com'] }),
  };
  const role = 'arn:aws:iam::333333333333:role/administrator';
  const { production } = platform.environments;
  const withRole = { ...platform, environments: { ...platform.environments, production: { ...production, role } } };
  const names = (
    account: string,
    {
      asked,
      takesRoles = true,
      of = platform,
    }: { asked?: Environment; takesRoles?: boolean; of?: PlatformConfig } = {},
  ) => {
    const { chosen, leftOut } = chooseEnvironments(of, shop, { account, takesRoles }, asked);
    return { chosen: chosen.map(({ environment }) => environment), leftOut: leftOut.map((each) => each.environment) };
  };

  test('those of the account, and what is left out', () => {
    expect(names('111111111111')).toEqual({ chosen: ['dev'], leftOut: ['production'] });
  });

  test('the one that is asked for', () => {
    expect(names('333333333333', { asked: 'production' })).toEqual({ chosen: ['production'], leftOut: [] });
  });

  test('those whose role can be taken, too; not in a job, whose token has a role of its own', () => {
    const of = withRole as PlatformConfig;
    expect(names('111111111111', { of })).toEqual({ chosen: ['dev', 'production'], leftOut: [] });
    expect(names('111111111111', { of, takesRoles: false })).toEqual({ chosen: ['dev'], leftOut: ['production'] });
    expect(names('999999999999', { of })).toEqual({ chosen: ['production'], leftOut: ['dev'] });
  });

  test('credentials of another account', () => {
    expect(() => names('999999999999')).toThrow(
      expect.objectContaining({
        code: 'ACCOUNT_WRONG',
        details: ['dev is in account 111111111111', 'production is in account 333333333333'],
      }),
    );
    expect(() => names('111111111111', { asked: 'production' })).toThrow(
      expect.objectContaining({ code: 'ACCOUNT_WRONG' }),
    );
  });

  test('an environment without hosts', () => {
    expect(() => names('111111111111', { asked: 'staging' })).toThrow(
      expect.objectContaining({ code: 'ENVIRONMENT_UNKNOWN' }),
    );
  });
});
