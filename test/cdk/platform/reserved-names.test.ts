import { describe, expect, test } from 'vitest';
import { tenantName } from '../../../scripts/config/environment.ts';
import { environmentOfPlatformStack } from '../../../scripts/platform/account-stacks.ts';
import { appWith, configured } from './props.ts';

const project = { path: 'platform/lanterns', branch: 'main' };
const choices = { load_balancers: 10, vending: 'jobs', images_from: 'staging' } as const;
const app = appWith('dev', { ...configured('dev', choices), project });
const { stacks } = app.synth();
const ofRoles = stacks.filter(({ stackName }) => /-(policies|access|vending)$/.test(stackName));
const rights = ofRoles.flatMap(({ template }) => namesIn(template));

/** What follows `vendhost-dev-` in names and in patterns of names: there a tenant's things have the tenant's name. */
function namesIn(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(namesIn);
  const found = String(value).matchAll(/\bvendhost-dev-([a-z]+(?:-[a-z]+)*)/g);
  return [...found].map(([, name = '']) => name);
}

describe.each([...new Set(stacks.flatMap(({ stackName }) => namesIn(stackName)))])('the layer %s', (layer) => {
  test('is known as one of the platform, not as a tenant', () => {
    expect(environmentOfPlatformStack(`vendhost-dev-${layer}`)).toBe('dev');
  });

  test('has rights of its own in the roles of the platform', () => {
    expect(rights).toContain(layer);
  });
});

// The rights of the platform's roles go by names: a tenant called so would have its things within them.
const reserved = new Set([...stacks.flatMap(({ stackName }) => namesIn(stackName)), ...rights]);

test.each([...reserved])('no tenant is called %s, or so with more behind it', (name) => {
  for (const tenant of [name, `${name}-2`]) expect(tenantName.safeParse(tenant).success, tenant).toBe(false);
  expect(tenantName.safeParse(`${name}s`).success, 'only alike').toBe(true);
});

test('the names of all parts are found', () => {
  expect([...reserved].sort()).toEqual([
    'access',
    'alerts',
    'balancer',
    'boundary',
    'builder',
    'network',
    'policies',
    'service-boundary',
    'storage',
    'switch-boundary',
    'tenant-drift',
    'tenant-promoted',
    'tenant-promoting',
    'undelivered',
    'vending',
  ]);
});
