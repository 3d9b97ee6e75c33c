import { expect, test } from 'vitest';
import { includeEntries, isOurs, libraryInclude } from '../../../scripts/ci/include-entry.ts';

test('every form of an entry', () => {
  const remote = 'https://example.test/a.yml';
  expect(includeEntries(undefined)).toEqual([]);
  expect(includeEntries('a.yml')).toEqual([{ local: 'a.yml' }]);
  expect(includeEntries([remote, { project: 'p', file: ['a', 'b'] }])).toEqual([
    { remote },
    { project: 'p', file: 'a' },
    { project: 'p', file: 'b' },
  ]);
});

const declared = { tenant: { regex: '^[a-z]+$' }, image: {}, tags: { type: 'array', default: [] } } as const;
const given = { tenant: 'shop', image: 'vendhost' };

test.each([
  [{ component: '$CI_SERVER_FQDN/acme/ci/tenant@1.0' }, {}, undefined],
  [{ component: '$CI_SERVER_FQDN/acme/ci/tenant@1.0' }, { image: 'a' }, undefined],
  [{ component: '$CI_SERVER_FQDN/acme/ci/tenant@1.0' }, { ...given, name: 'a' }, undefined],
  [{ component: '$CI_SERVER_FQDN/acme/mirror/tenant@1.0' }, given, 'acme/mirror'],
  [{ component: '$CI_SERVER_FQDN/platform/vendhost/tenant@1.0' }, {}, 'platform/vendhost'],
  [{ project: 'acme/ci', file: '/templates/tenant.yml' }, { name: 'a' }, undefined],
  [{ project: 'acme/vendhost', file: '/ci-templates/tenant.gitlab-ci.yml' }, {}, 'acme/vendhost'],
  [{ project: 'acme/vendhost', file: '/other/tenant.yml' }, given, undefined],
  [{ local: 'templates/tenant.yml' }, given, undefined],
])('%j with %j is ours: %s', (include, inputs, project) => {
  const named = libraryInclude(include);
  const found = named !== undefined && isOurs(named, declared, inputs) ? named.project : undefined;
  expect(found).toBe(project);
});
