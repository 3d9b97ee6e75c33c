import { describe, expect, test } from 'vitest';
import { names } from '../../../scripts/config/names.ts';
import { replacedInPlace } from '../replaced-in-place.ts';
import { audience, entryTemplate, onlyTemplate, tenantApp } from '../roles/stacks.ts';

const project = (path: string, trust = {}) => ({ issuer: 'https://gitlab.example.com', audience, path, ...trust });
const byId = { trust: { subjects: ['project_id'] as const, projectId: 7, environmentProtected: true } };
const builds = {
  image: 'registry.example.com/platform/vendhost:0.1.0',
  repository: 'https://gitlab.example.com/acme/shop.git',
};

const variants: Readonly<Record<string, Parameters<typeof tenantApp>[0]>> = {
  'as it was': {},
  'a project that was moved': { project: project('acme/retail/shop', byId) },
  'two projects': { project: project('acme/shop-machine'), software: project('acme/shop') },
  'two other projects': { project: project('other/machine'), software: project('other/shop') },
  'another branch': { branch: 'trunk' },
  'other hosts': {
    hosts: ['*.shop.dev.example.com', 'a.dev.example.com'],
    groups: [
      { band: 'exact', hosts: ['a.dev.example.com'] },
      { band: 'wildcard-5', hosts: ['*.shop.dev.example.com'] },
    ],
  },
  'another port': { port: 3000 },
  'another load balancer': { loadBalancer: 2 },
  maintenance: { maintenance: 'back at noon' },
  'other days': { logDays: 90 },
  'an intake': { intake: 's3' },
  'no runner': { intake: 'webhook', builds },
  'no runner, and two projects': {
    ...{ intake: 'webhook', project: project('acme/shop-machine'), software: project('acme/shop') },
    builds: { ...builds, softwareRepository: builds.repository },
  },
  'no runner, and a project that was moved': {
    ...{ intake: 'webhook', project: project('acme/retail/shop', byId) },
    builds: { ...builds, repository: 'https://gitlab.example.com/acme/retail/shop.git' },
  },
};

describe('no change of what may change replaces a resource under its name', () => {
  const templates = Object.entries(variants).map(([name, changes]) => {
    const app = tenantApp(changes);
    return { name, access: onlyTemplate(app).toJSON(), entry: entryTemplate(app).toJSON() };
  });

  test.each(templates)('from and to: $name', ({ access, entry }) => {
    for (const other of templates) {
      expect([...replacedInPlace(other.access, access), ...replacedInPlace(other.entry, entry)], other.name).toEqual(
        [],
      );
    }
  });

  test('a policy as the former version made it is replaced by one with another name', () => {
    const now = onlyTemplate(tenantApp()).toJSON();
    const former = structuredClone(now);
    former.Resources.Reading.Properties.ManagedPolicyName = 'vendhost-dev-shop-reading';
    former.Resources.Reading.Properties.Description = 'Jobs of acme/shop on any branch: read only';
    expect(replacedInPlace(former, now)).toEqual([]);
    former.Resources.Reading.Properties.ManagedPolicyName = names.readingPolicy({ environment: 'dev', tenant: 'shop' });
    expect(replacedInPlace(former, now)).toEqual(['Reading: Description']);
  });
});
