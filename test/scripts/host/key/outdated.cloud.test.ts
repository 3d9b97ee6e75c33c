import { beforeAll, expect, inject, test, vi } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import { prepareBake } from '../../../../scripts/image/bake/prepare.ts';
import { writeRecord } from '../../../../scripts/image/record.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeImage } from '../../../builders/image.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { repository, soundTenant, type Tree } from '../../../builders/repository.ts';
import { admitTenant } from '../../../builders/tenant.ts';
import { errorIn, vendhost } from '../../command-line.ts';
import { type Meddler, wire } from '../../wire.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const place = { tenant: 'shop', environment: 'dev' };
const checkout: Tree = { ...soundTenant, 'vendhost.yml': 'instances: { min: 0, max: 1 }\ndatabase: none\n' };
let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000363'), { network: true, balancers: 1 });
  await admitTenant(platform, place.tenant);
});

/** A command with the environment of a job that limits the machine's jobs to changed paths. */
async function job(words: readonly string[], tree: Tree, required = 'true', more = {}) {
  const env = {
    ...platform.env,
    PATH: process.env.PATH,
    VENDHOST_TENANT: place.tenant,
    VENDHOST_ENVIRONMENT: place.environment,
    VENDHOST_REQUIRE_PROVISIONED: required,
    ...more,
  };
  return await vendhost(words, { cwd: await repository(tree), env });
}

const push = ['revision', 'push'];
const outdated = (tree: Tree) => job(push, tree).then((ended) => [errorIn(ended), ended.stderr] as const);

/** Creates an image, and a record that it was baked from the checkout and a source AMI that is not the newest. */
async function bake(tree: Tree): Promise<string> {
  const env = { ...platform.env, PATH: process.env.PATH };
  const runtime = { ...platform.runtime(), env };
  const { owner, inputs } = await prepareBake(runtime, openAws(runtime), place, await repository(tree));
  const bakeKey = 'b'.repeat(64);
  const image = await makeImage(platform, place.tenant, { tags: { 'vendhost:bake-key': bakeKey }, recorded: false });
  await writeRecord(platform.aws, owner, bakeKey, { imageId: image, inputs: { ...inputs, sourceAmi: 'ami-older' } });
  return image;
}

test('with the switch a revision is refused without a virtual host', async () => {
  const [code, stderr] = await outdated(checkout);
  expect(code).toBe('INFRASTRUCTURE_OUTDATED');
  expect(stderr).toContain('shop has no virtual host in dev yet');
  expect(stderr).toContain('hint: in GitLab, start a new pipeline on the branch (Build > Pipelines > New pipeline)');
  expect(await job(push, checkout, 'false')).toMatchObject({ code: 0 });
  expect(errorIn(await job([...push, '--require-provisioned', '--dry-run'], checkout, ''))).toBe(
    'INFRASTRUCTURE_OUTDATED',
  );
});

test('a revision is pushed if the host matches its commit; otherwise it is refused, with the differences', async () => {
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

test('a data stack that was updated without its host does not match the commit', async () => {
  const image = await bake(checkout);
  expect(await job(['host', 'provision', '--image', image], checkout)).toMatchObject({ code: 0 });
  const half: Meddler = async (call, next) => {
    const answer = await next();
    const isHost = call.operation === 'DescribeStacks' && call.body.includes('shop-host');
    if (!isHost) return answer;
    const body = String(answer.body).replace(
      /(<ParameterKey>DataUpdated<\/ParameterKey>\s*<ParameterValue>)[^<]*/,
      '$1earlier',
    );
    return { ...answer, headers: {}, body };
  };
  const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, half);
  const ended = await job(push, checkout, 'true', { AWS_ENDPOINT_URL });
  expect(errorIn(ended)).toBe('INFRASTRUCTURE_OUTDATED');
  expect(ended.stderr).toContain('vendhost-dev-shop-data was updated since');
});

test('the switch is true or false', async () => {
  expect(errorIn(await job(push, checkout, '1'))).toBe('USAGE');
});

test('a host whose image has other inputs does not match the commit', async () => {
  const image = await makeImage(platform, place.tenant);
  expect(await job(['host', 'provision', '--image', image], checkout)).toMatchObject({ code: 0 });
  const [code, stderr] = await outdated(checkout);
  expect(code).toBe('INFRASTRUCTURE_OUTDATED');
  expect(stderr).toContain('  infrastructure/install.sh is new');
  expect(stderr).not.toContain('vendhost.yml changed');
});
