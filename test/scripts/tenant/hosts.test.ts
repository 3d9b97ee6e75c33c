import { describe, expect, test } from 'vitest';
import { platformSchema } from '../../../scripts/config/platform.ts';
import { tenantSchema } from '../../../scripts/config/tenant.ts';
import { chooseEnvironments } from '../../../scripts/tenant/environments.ts';
import { hostFaults } from '../../../scripts/tenant/hosts.ts';

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
  hostFaults('shop.yml', platform, tenant(hosts)).map(({ path, message }) => `${path}: ${message}`);

describe('hostFaults', () => {
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
      'hosts.production.1: "shop.dev.example.com" is wrong: it is in this file twice',
    ]);
  });

  test('an environment that the platform does not have', () => {
    expect(faults({ staging: ['shop.staging.example.com'] })).toEqual([
      'hosts.staging.0: "shop.staging.example.com" is wrong: platform.yml has no environment staging',
    ]);
  });
});

describe('chooseEnvironments', () => {
  const shop = {
    name: 'shop',
    config: tenant({ dev: ['shop.dev.example.com'], production: ['shop.example.com'] }),
  };
  const names = (account: string, asked?: 'dev' | 'staging' | 'production') => {
    const { chosen, leftOut } = chooseEnvironments(platform, shop, account, asked);
    return { chosen: chosen.map(({ environment }) => environment), leftOut: leftOut.map((each) => each.environment) };
  };

  test('those of the account, and what is left out', () => {
    expect(names('111111111111')).toEqual({ chosen: ['dev'], leftOut: ['production'] });
  });

  test('the one that is asked for', () => {
    expect(names('333333333333', 'production')).toEqual({ chosen: ['production'], leftOut: [] });
  });

  test('credentials of another account', () => {
    expect(() => names('999999999999')).toThrow(
      expect.objectContaining({
        code: 'ACCOUNT_WRONG',
        details: ['dev is in account 111111111111', 'production is in account 333333333333'],
      }),
    );
    expect(() => names('111111111111', 'production')).toThrow(expect.objectContaining({ code: 'ACCOUNT_WRONG' }));
  });

  test('an environment without hosts', () => {
    expect(() => names('111111111111', 'staging')).toThrow(expect.objectContaining({ code: 'ENVIRONMENT_UNKNOWN' }));
  });
});
