import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../local-gitlab/platform.ts';
import type { LocalPipeline, PipelineResult } from '../local-gitlab/run.ts';
import { vendhost } from '../scripts/command-line.ts';
import { type Answer, ask } from './ask.ts';
import { deploymentsInProgress, images, leftovers, rebootAll, rotatePassword } from './aws.ts';
import { devAccount, startWorld, type World } from './world.ts';

const host = 'shop.dev.example.com';
const page = 'software/app/templates/page.html';
const validate = 'software/hooks/validate.sh';
const configure = 'software/hooks/configure.sh';
const clean = 'software/hooks/clean.sh';
const install = 'infrastructure/install.sh';
const everyJob = ['validate', 'bake', 'provision', 'package', 'release'];

let world: World;

beforeAll(async () => {
  world = await startWorld();
  for (const words of [
    ['platform', 'deploy', '--environment', 'dev'],
    ['tenant', 'vend', 'shop', '--environment', 'dev', '--protect-branches', '--set-subject'],
  ]) {
    const { exitCode, all } = await world.operate(words);
    expect(exitCode, String(all)).toBe(0);
  }
});
afterAll(() => world?.stop());

/** Before there is a host. */
describe("a tenant's merge request", () => {
  const notes = () => {
    const [project] = world.gitlab.state.projects();
    return (project && world.gitlab.state.discussions.notes(project, 7))?.map(({ body }) => body) ?? [];
  };

  test('gets a note that says what its push will do, by the read-only role', async () => {
    const pipeline = await world.propose('cart', { 'software/cart.txt': 'a cart\n' }, 'Add a cart');
    const result = await pipeline.result;
    expect(statuses(result), logs(result)).toEqual([
      ['validate', 'success'],
      ['plan', 'success'],
    ]);
    const [note = '', ...others] = notes();
    expect(others).toEqual([]);
    expect(note).toContain('Plan of shop in dev');
    expect(note).toContain('a first image is baked');
    expect(note).toContain('shop has no virtual host in dev yet: the push makes the first one');
    expect(note).toContain('/artifacts/file/plan.html');
  });

  test('has the same note edited, and fails, when the push would fail', async () => {
    const files = { 'vendhost.yml': 'instances: { type: m7i.48xlarge }\nhealth_check: { path: /health }\n' };
    const result = await (await world.propose('cart', files, 'A larger machine')).result;
    expect(statuses(result), logs(result)).toEqual([
      ['validate', 'success'],
      ['plan', 'failed'],
    ]);
    const [note = '', ...others] = notes();
    expect(others).toEqual([]);
    expect(note).toMatch(/instances\.type: .*m7i\.48xlarge.* is more than the platform grants/);
  });

  test('from a fork is not planned, and says so', async () => {
    const before = notes();
    const fork = { projectPath: 'somebody/shop', targetProject: 'acme/shop', variables: [] };
    world.gitlab.state.addProject('somebody/shop');
    const tokenSettings = world.gitlab.tokenSettings('somebody/shop');
    const pipeline = await world.propose('fix', { 'software/fix.txt': 'x\n' }, 'Fix it', { ...fork, tokenSettings });
    const result = await pipeline.result;
    expect(statuses(result), logs(result)).toEqual([['validate', 'success']]);
    expect(logs(result)).toContain('comes from a fork, whose pipelines get no credentials');
    expect(notes()).toEqual(before);
  });
});

describe('pushes to dev', () => {
  let running: Answer;
  const pipelines: LocalPipeline[] = [];

  const read = (file: string) => readFile(join(world.repository, file), 'utf8');
  const push = async (files: Record<string, string>, message: string) =>
    await (await world.push(files, message)).result;
  const askShop = () => ask(world.cloud.router.https, host);
  const orders = async () => (await ask(world.cloud.router.https, host, '/orders')).body;

  test('the first becomes a running virtual host', async () => {
    const pipeline = await world.pushAgain();
    pipelines.push(pipeline);
    const result = await pipeline.result;
    expect(statuses(result), logs(result)).toEqual(everyJob.map((job) => [job, 'success']));

    running = await askShop();
    expect(running.status).toBe(200);
    expect(running.body).toContain('The Lantern Shop');
    expect(running.headers['x-instance']).toMatch(/^i-[0-9a-f]{17}$/);
    expect(logOf(result, 'package')).toContain(String(running.headers['x-revision']));

    expect(await ask(world.cloud.router.https, 'nobody.dev.example.com')).toMatchObject({
      status: 503,
      body: 'host not found',
    });
    const plain = await ask(world.cloud.router.http, host);
    expect(plain.status).toBe(301);
    expect(plain.headers.location).toMatch(new RegExp(`^https://${host}(:443)?/$`));

    const ordered = await ask(world.cloud.router.https, host, '/orders', { product: 'storm', customer: 'Ada Lux' });
    expect([ordered.status, ordered.headers.location], ordered.body).toEqual([303, '/orders']);

    const baked = await images(world);
    expect(baked).toHaveLength(1);
    expect(baked[0]?.BlockDeviceMappings?.[0]?.Ebs?.Encrypted).toBe(true);
    expect(await leftovers(world)).toEqual({ builders: [], keyPairs: [], securityGroups: [] });
  });

  test('software only: bake and provision find nothing to do, the new page answers', async () => {
    const changed = (await read(page)).replace('every dark corner', 'every long night');
    const shown = `${await read(configure)}cp /etc/vendhost/host.json /opt/shop/app/static/\n`;
    const before = await images(world);
    const pipeline = await world.push({ [page]: changed, [configure]: shown }, 'Say it better');
    pipelines.push(pipeline);
    const result = await pipeline.result;
    expect(statuses(result), logs(result)).toEqual(everyJob.map((job) => [job, 'success']));
    expect(await images(world)).toEqual(before);
    const answer = await askShop();
    expect(answer.body).toContain('every long night');
    expect(answer.headers['x-revision']).not.toBe(running.headers['x-revision']);
    running = answer;
    expect(await orders()).toContain('storm for Ada Lux');
  });

  test("GitLab's button: the first pipeline's release again answers with the old page, the second's with the new one", async () => {
    const [first, second] = pipelines;
    const back = await first?.retry('release', { expired: true });
    expect(back && logOf(back, 'release')).toMatch(
      /rolled back to .* by Developer: [\s\S]*next: revert commit [0-9a-f]{8} on dev/,
    );
    expect((await askShop()).body).toContain('every dark corner');
    const forth = await second?.retry('release', { expired: true });
    expect(forth && logOf(forth, 'release')).toContain('released software/shop/');
    expect((await askShop()).headers['x-revision']).toBe(running.headers['x-revision']);
  });

  test("what the software is told fits its schema: the tenant's bucket and database", async () => {
    const file = JSON.parse((await ask(world.cloud.router.https, host, '/static/host.json')).body);
    const schema = JSON.parse(await readFile(join(projectRoot, 'docs/schemas/host.schema.json'), 'utf8'));
    const validate = new Ajv().compile(schema);
    expect(validate(file), JSON.stringify(validate.errors)).toBe(true);
    expect(file).toMatchObject({
      ...{ tenant: 'shop', environment: 'dev', hosts: [host], port: 8080 },
      bucket: `vendhost-dev-shop-${devAccount}-eu-west-1`,
      database: {
        secret: expect.stringContaining(':secret:vendhost/dev/shop/database-'),
        schema: 'app',
        ca: '/etc/vendhost/rds-ca.pem',
      },
    });
  });

  test('the same commit again: nothing is uploaded or deployed', async () => {
    const result = await (await world.pushAgain()).result;
    expect(statuses(result), logs(result)).toEqual(everyJob.map((job) => [job, 'success']));
    expect(logOf(result, 'bake')).toContain('image exists');
    expect(logOf(result, 'provision')).toContain('no change');
    expect(logOf(result, 'package')).toContain('nothing uploaded');
    expect(logOf(result, 'release')).toContain('nothing to release');
  });

  test('a hook that fails: the job shows why, the old revision keeps answering', async () => {
    const script = await read(validate);
    const broken = '#!/usr/bin/env bash\necho "the till is empty" >&2\nexit 4\n';
    const result = await push({ [validate]: broken }, 'Break the check');
    expect(statuses(result)).toEqual([
      ['validate', 'success'],
      ['bake', 'success'],
      ['provision', 'success'],
      ['package', 'success'],
      ['release', 'failed'],
    ]);
    const log = logOf(result, 'release');
    expect(log).toMatch(/i-[0-9a-f]{17}/);
    expect(log).toContain('ValidateService');
    expect(log).toContain('the till is empty');
    expect(log).toContain('error[RELEASE_FAILED]');
    for (const answer of await Promise.all([askShop(), askShop(), askShop()])) {
      expect(answer.status).toBe(200);
      expect(answer.headers['x-revision']).toBe(running.headers['x-revision']);
    }
    await world.write({ [validate]: script }, 'Fix the check');
  });

  test('a cancelled release leaves nothing running', async () => {
    const script = await read(clean);
    const slow = '#!/usr/bin/env bash\necho "this takes long"\nsleep 300\n';
    const line = Promise.withResolvers<void>();
    const pipeline = await world.push({ [clean]: slow }, 'Take long', {
      onLine: ({ job, text }) => job === 'release' && text.includes('DownloadBundle') && line.resolve(),
    });
    await Promise.race([line.promise, pipeline.result]);
    await pipeline.cancel('release');
    const result = await pipeline.result;
    expect(statuses(result).at(-1), logs(result)).toEqual(['release', 'canceled']);
    expect(result.jobs.at(-1)?.exitCode).toBe(143);
    expect(await deploymentsInProgress(world)).toEqual([]);
    await world.write({ [clean]: script }, 'Be quick again');
  });

  test('an image that is baked anew, and a password that RDS keeps: other instances, and the orders of the first ones', async () => {
    const changed = {
      [install]: `${await read(install)}echo "polished"\n`,
      'vendhost.yml': `${await read('vendhost.yml')}database: { rotation: weekly }\n`,
    };
    const result = await push(changed, 'Polish the glass');
    expect(statuses(result), logs(result)).toEqual(everyJob.map((job) => [job, 'success']));
    expect(await images(world)).toHaveLength(2);
    const answer = await askShop();
    expect(answer.headers['x-instance']).not.toBe(running.headers['x-instance']);
    expect(await orders()).toContain('storm for Ada Lux');

    // What the first instances logged is there without them; they wrote it with their own role.
    const words = ['host', 'logs', '--tenant', 'shop', '--environment', 'dev', '--since', '12h'];
    const failed = await vendhost([...words, '--hook', 'ValidateService'], { env: world.cloud.env(devAccount) });
    expect([failed.code, failed.stderr]).toEqual([0, '']);
    expect(failed.stdout).toMatch(/ i-[0-9a-f]{17} ValidateService \[stderr\]the till is empty$/m);
    const first = await vendhost([...words, '--instance', String(running.headers['x-instance'])], {
      env: world.cloud.env(devAccount),
    });
    expect(first.stdout).toMatch(/ var_log_shop_shop\.log .*GET \/health /);
  });

  test('a password that RDS rotates: the shop reads it when the old one is refused', async () => {
    await rotatePassword(world);
    expect(await orders()).toContain('storm for Ada Lux');
  });

  test('an install script that fails: its last lines, no image, nothing left', async () => {
    const before = await images(world);
    const result = await push(
      { [install]: '#!/usr/bin/env bash\necho "no such lantern"\nexit 3\n' },
      'Break the image',
    );
    expect(statuses(result)).toEqual([
      ['validate', 'success'],
      ['bake', 'failed'],
      ['provision', 'skipped'],
      ['package', 'success'],
      ['release', 'skipped'],
    ]);
    expect(logOf(result, 'bake')).toContain('no such lantern');
    expect(logOf(result, 'bake')).toContain('error[BAKE_FAILED]');
    expect(await images(world)).toEqual(before);
    expect(await leftovers(world)).toEqual({ builders: [], keyPairs: [], securityGroups: [] });
  });

  test('a cancelled bake leaves nothing running', async () => {
    const before = await images(world);
    const line = Promise.withResolvers<void>();
    const pipeline = await world.push(
      { [install]: '#!/usr/bin/env bash\necho "polishing glass"\nsleep 300\n' },
      'Take long to bake',
      { onLine: ({ job, text }) => job === 'bake' && text.includes('polishing glass') && line.resolve() },
    );
    await Promise.race([line.promise, pipeline.result]);
    await pipeline.cancel('bake');
    const result = await pipeline.result;
    const bake = result.jobs.find(({ name }) => name === 'bake');
    expect(bake?.status, logs(result)).toBe('canceled');
    expect(bake?.exitCode).toBe(143);
    expect(await images(world)).toEqual(before);
    expect(await leftovers(world)).toEqual({ builders: [], keyPairs: [], securityGroups: [] });
  });

  // Last: Auto Scaling looks at health only when their grace period of a minute is over.
  test('instances that boot again, where no hook runs: others take their place, and have the orders', async () => {
    const gone = await rebootAll(world);
    const successor = async () => {
      const { status, headers } = await askShop();
      return status === 200 && !gone.includes(String(headers['x-instance']));
    };
    await expect.poll(successor, { timeout: 300_000, interval: 500 }).toBe(true);
    expect(await orders()).toContain('storm for Ada Lux');
  });
});

function statuses(result: PipelineResult): [string, string][] {
  return result.jobs.map(({ name, status }) => [name, status]);
}

function logOf(result: PipelineResult, job: string): string {
  return result.jobs.find(({ name }) => name === job)?.log ?? '';
}

function logs(result: PipelineResult): string {
  return result.jobs.map(({ name, log }) => `── ${name}\n${log}`).join('\n');
}
