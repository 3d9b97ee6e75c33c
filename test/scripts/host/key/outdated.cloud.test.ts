import { beforeAll, expect, test, vi } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import { prepareBake } from '../../../../scripts/image/bake/prepare.ts';
import { writeRecord } from '../../../../scripts/image/record.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeImage } from '../../../builders/image.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { repository, soundTenant, type Tree } from '../../../builders/repository.ts';
import { admitTenant } from '../../../builders/tenant.ts';
import { errorIn, vendhost } from '../../command-line.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
const place = { tenant: 'shop', environment: 'dev' };
const checkout: Tree = { ...soundTenant, 'vendhost.yml': 'instances: { min: 0, max: 1 }\ndatabase: none\n' };
let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000363'), { network: true, balancers: 1 });
  await admitTenant(platform, place.tenant);
});

/** A command with the environment of a job that limits the machine's jobs to changed paths. */
async function job(words: readonly string[], tree: Tree, required = 'true') {
  const env = {
    ...platform.env,
    PATH: process.env.PATH,
    VENDHOST_TENANT: place.tenant,
    VENDHOST_ENVIRONMENT: place.environment,
    VENDHOST_REQUIRE_PROVISIONED: required,
  };
  return await vendhost(words, { cwd: await repository(tree), env });
}

const push = ['revision', 'push'];
const outdated = (tree: Tree) => job(push, tree).then((ended) => [errorIn(ended), ended.stderr] as const);

/** Makes an image and a record of it that says it was baked of the checkout, from a source AMI that is not the newest. */
async function bake(tree: Tree): Promise<string> {
  const env = { ...platform.env, PATH: process.env.PATH };
  const runtime = { ...platform.runtime(), env };
  const { owner, inputs } = await prepareBake(runtime, openAws(runtime), place, await repository(tree));
  const bakeKey = 'b'.repeat(64);
  const image = await makeImage(platform, place.tenant, { tags: { 'vendhost:bake-key': bakeKey }, recorded: false });
  await writeRecord(platform.aws, owner, bakeKey, { imageId: image, inputs: { ...inputs, sourceAmi: 'ami-older' } });
  return image;
}

test('without a virtual host a revision is refused when that is asked for', async () => {
  const [code, stderr] = await outdated(checkout);
  expect(code).toBe('INFRASTRUCTURE_OUTDATED');
  expect(stderr).toContain('shop has no virtual host in dev yet');
  expect(stderr).toContain('hint: in GitLab, start a new pipeline on the branch (Build > Pipelines > New pipeline)');
  expect(await job(push, checkout, 'false')).toMatchObject({ code: 0 });
  expect(errorIn(await job([...push, '--require-provisioned', '--dry-run'], checkout, ''))).toBe(
    'INFRASTRUCTURE_OUTDATED',
  );
});

test('a revision is pushed where the host is that of its commit, and refused where it is not, with what differs', async () => {
  const image = await bake(checkout);
  expect(await job(['host', 'provision', '--image', image], checkout)).toMatchObject({ code: 0 });
  expect(await job(push, { ...checkout, 'software/page.html': 'new' })).toMatchObject({ code: 0 });

  const [code, stderr] = await outdated({
    ...checkout,
    'infrastructure/install.sh': '#!/bin/bash\necho other\n',
    'vendhost.yml': 'instances: { min: 0, max: 2 }\ndatabase: none\n',
  });
  expect(code).toBe('INFRASTRUCTURE_OUTDATED');
  expect(stderr.split('\n').filter((line) => line.startsWith('  '))).toEqual([
    '  infrastructure/install.sh changed',
    '  vendhost.yml changed',
  ]);
  expect(stderr).toContain('the virtual host of shop in dev is not what this commit says');
});

test('a host whose image was made of something else is not that of the commit', async () => {
  const image = await makeImage(platform, place.tenant);
  expect(await job(['host', 'provision', '--image', image], checkout)).toMatchObject({ code: 0 });
  const [code, stderr] = await outdated(checkout);
  expect(code).toBe('INFRASTRUCTURE_OUTDATED');
  expect(stderr).toContain('  infrastructure/install.sh is new');
  expect(stderr).not.toContain('vendhost.yml changed');
});
