import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { includedTwice, sharedBranches, togetherFaults } from '../../../scripts/repository/included-twice.ts';
import { vendhost } from '../command-line.ts';

const defaults = {
  dev_branch: 'dev',
  staging_branch: 'staging',
  production_branch: 'master',
  job_prefix: '',
  environment_prefix: '',
};
const shop = { ...defaults, tenant: 'shop' };
const blog = { ...defaults, tenant: 'blog', job_prefix: 'blog ', environment_prefix: 'blog/' };
const shown = (tenants: Parameters<typeof togetherFaults>[0]) =>
  [...tenants.flatMap(sharedBranches), ...togetherFaults(tenants)].map(
    ({ severity, path, message }) => `${severity} ${path}: ${message}`,
  );

test('one tenant, and two that share nothing', () => {
  expect(shown([])).toEqual([]);
  expect(shown([shop])).toEqual([]);
  expect(shown([shop, blog])).toEqual([]);
});

test('two of one name would merge', () => {
  expect(shown([shop, { ...shop, tenant: 'blog' }])).toEqual([
    'fault include: inputs.job_prefix: shop and blog: must differ, or the last tenant takes the place of the others',
    'fault include: inputs.environment_prefix: shop and blog: must differ, or the last tenant takes the place of the others',
  ]);
});

test('two with branches of their own have one workflow', () => {
  expect(shown([shop, { ...blog, dev_branch: 'develop' }])).toEqual([
    'fault include: inputs.dev_branch: shop and blog: must be the same, because a pipeline has one workflow',
  ]);
});

test('one tenant twice', () => {
  expect(shown([shop, { ...blog, tenant: 'shop' }])).toEqual([
    'fault include: inputs.tenant: shop: is included twice, and both would deploy to one virtual host',
  ]);
});

test('two environments of one branch; none is no branch', () => {
  expect(shown([{ ...shop, staging_branch: '', production_branch: '' }])).toEqual([]);
  expect(shown([{ ...shop, production_branch: 'dev' }])).toEqual([
    'fault include: inputs.production_branch: shop: "dev" is the branch of dev_branch too, which gets all its pipelines',
  ]);
});

test('`config check` reads it in the folder that it is given, elsewhere in the one where it is called', async () => {
  const [directory, tenant] = [await mkdtemp(join(tmpdir(), 'included-twice-')), 'software'];
  const component = '$CI_SERVER_FQDN/platform/vendhost/tenant@v0.1.0';
  const inputs = { tenant: 'shop', image: 'vendhost', production_branch: 'dev' };
  await writeFile(join(directory, '.gitlab-ci.yml'), stringify({ include: [{ component, inputs }] }));
  await mkdir(join(directory, tenant));
  for (const [cwd, words] of [
    [tmpdir(), ['--directory', directory]],
    [directory, ['--directory', tenant]],
  ] as const) {
    const { stderr } = await vendhost(['config', 'check', ...words], { cwd });
    expect(stderr).toContain('"dev" is the branch of dev_branch too');
  }
});

test('they are read from .gitlab-ci.yml; a file that only GitLab understands says nothing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'included-twice-'));
  const component = '$CI_SERVER_FQDN/platform/vendhost/tenant@v0.1.0';
  const include = ['shop', 'blog'].map((tenant) => ({ component, inputs: { tenant, image: 'vendhost' } }));
  expect(await includedTwice(directory)).toEqual([]);
  await writeFile(join(directory, '.gitlab-ci.yml'), stringify({ include }));
  expect(await includedTwice(directory)).toHaveLength(2);
  const rules = [{ if: '$CI_COMMIT_BRANCH == "dev"' }];
  const both = include.map((one) => ({ ...one, rules }));
  await writeFile(join(directory, '.gitlab-ci.yml'), stringify({ include: both }));
  expect(await includedTwice(directory)).toEqual([]);
  // A default that is written out is the default.
  const [one, other] = include;
  const apart = { ...other?.inputs, job_prefix: 'blog ', environment_prefix: 'blog/', dev_branch: 'dev' };
  await writeFile(join(directory, '.gitlab-ci.yml'), stringify({ include: [one, { component, inputs: apart }] }));
  expect(await includedTwice(directory)).toEqual([]);
  await writeFile(join(directory, '.gitlab-ci.yml'), 'include: [');
  expect(await includedTwice(directory)).toEqual([]);
});
