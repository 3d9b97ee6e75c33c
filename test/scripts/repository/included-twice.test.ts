import { expect, test } from 'vitest';
import { tenantFindings } from '../../../scripts/repository/included-twice.ts';

const shop = { tenant: 'shop' };
const blog = { tenant: 'blog', job_prefix: 'blog ', environment_prefix: 'blog/' };
const shown = (tenants: Parameters<typeof tenantFindings>[0]) =>
  tenantFindings(tenants).map(({ severity, path, message }) => `${severity} ${path}: ${message}`);

test('one tenant, and two that share nothing', () => {
  expect(shown([])).toEqual([]);
  expect(shown([shop])).toEqual([]);
  expect(shown([shop, blog])).toEqual([]);
});

test('two of one name would merge', () => {
  expect(shown([shop, { tenant: 'blog' }])).toEqual([
    'fault include: inputs.job_prefix: shop and blog: must differ, or the last tenant takes the place of the others',
    'fault include: inputs.environment_prefix: shop and blog: must differ, or the last tenant takes the place of the others',
  ]);
});

test('two with branches of their own have one workflow', () => {
  expect(shown([shop, { ...blog, dev_branch: 'develop' }])).toEqual([
    'fault include: inputs.dev_branch: shop and blog: must be the same, because a pipeline has one workflow',
  ]);
});
