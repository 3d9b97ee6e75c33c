import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changedTenants, tenantFinding } from '../../../scripts/merge-request/platform/changed-tenants.ts';
import { recorder } from '../../builders/recorder.ts';
import { repository, writeTree } from '../../builders/repository.ts';
import { git } from '../../local-gitlab/platform.ts';
import { commit, createRepository } from '../../local-gitlab/repository.ts';

const shop = 'project: acme/shop\nhosts: { dev: [shop.dev.example.com] }\n';

async function base() {
  const directory = await repository({});
  await createRepository(
    directory,
    { 'tenants/shop.yml': shop, 'tenants/blog.yml': shop.replaceAll('shop', 'blog') },
    'main',
  );
  return { directory, commit: await git(directory, ['rev-parse', 'HEAD']) };
}

test('names each tenant whose file changed, is new or is gone, and what an administrator runs', async () => {
  const { directory, commit: before } = await base();
  await rm(join(directory, 'tenants/blog.yml'));
  const more = shop.replace('[shop.dev.example.com]', '[shop.dev.example.com, www.dev.example.com]');
  await writeTree(directory, { 'tenants/shop.yml': more });
  await commit(directory, { 'tenants/cafe.yml': shop.replaceAll('shop', 'cafe') }, 'Tenants');
  const runtime = recorder({ CI_MERGE_REQUEST_DIFF_BASE_SHA: before, PATH: process.env.PATH });
  const { summary, findings } = await changedTenants(runtime, directory, 'platform/tenants');
  expect(summary).toBe('3 tenants to be vended after the merge');
  expect(findings.map(({ title }) => title)).toEqual([
    'tenants/blog.yml is gone: what was vended stays until an administrator removes it',
    'tenants/cafe.yml is new: the tenant has to be vended',
    'tenants/shop.yml changed: the tenant has to be vended again',
  ]);
  expect(findings[2]).toMatchObject({
    values: [{ path: 'shop.hosts.dev[1]', to: 'www.dev.example.com' }],
    next: 'after the merge, an administrator runs: vendhost tenant vend shop',
  });
});

test('a checkout without the commit that the request starts from: not known', async () => {
  const { directory } = await base();
  const runtime = recorder({ CI_MERGE_REQUEST_DIFF_BASE_SHA: 'f'.repeat(40), PATH: process.env.PATH });
  const { findings } = await changedTenants(runtime, directory, 'platform/tenants');
  expect(findings).toMatchObject([{ gravity: 'unknown', next: expect.stringContaining('GIT_DEPTH') }]);
});

test('a file with faults is listed all the same', () => {
  const finding = tenantFinding('t', { tenant: 'shop', before: shop, after: 'project: 7\n' });
  expect(finding).toMatchObject({
    gravity: 'change',
    title: 'tenants/shop.yml changed: the tenant has to be vended again',
  });
});
