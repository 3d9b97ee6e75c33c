import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { BuiltImage } from '../../docker/build.ts';
import { writeContainerShell } from '../docker/container.ts';
import { buildLimitMs, type MountedImage, mountRunnerImage } from '../docker/image.ts';
import { ask } from './ask.ts';
import { images, leftovers } from './aws.ts';
import { startWorld, type World } from './world.ts';

/** A job beside the library's: what is around it. */
const around = {
  extends: '.vendhost',
  stage: 'validate',
  needs: [],
  script: ['id -u', 'pwd', 'command -v vendhost packer git shellcheck', 'git status --short', 'vendhost doctor'],
};

describe('the runner image', () => {
  let world: World;
  let image: MountedImage;

  beforeAll(async () => {
    [image, world] = await Promise.all([mountRunnerImage(), startWorld()]);
    for (const words of [
      ['platform', 'deploy', '--environment', 'dev'],
      ['tenant', 'vend', 'shop', '--environment', 'dev', '--protect-branches', '--set-subject'],
    ]) {
      const { exitCode, all } = await world.operate(words);
      expect(exitCode, String(all)).toBe(0);
    }
  }, buildLimitMs + 300_000);
  afterAll(async () => {
    await world?.stop();
    await image?.unmount();
  });

  test('the image is small, says what is in it, and has nothing that only developers need', async () => {
    const written = async (file: string) => JSON.parse(await readFile(join(image.directory, file), 'utf8'));
    const { id, size, version, commit } = (await written('image.json')) as BuiltImage;
    expect(size).toBeLessThan(600_000_000);
    expect(image.config).toMatchObject({
      User: '10001',
      Healthcheck: { Test: ['CMD', 'vendhost', 'doctor'] },
      Labels: { 'org.opencontainers.image.version': version, 'org.opencontainers.image.revision': commit },
    });
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    const { components } = (await written('sbom.cdx.json')) as { components: { name: string }[] };
    const names = components.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['vendhost', 'aws-cdk-lib', 'git', 'openssh-client', 'packer', 'node']),
    );
    const packages = await readdir(join(image.root, 'opt/vendhost/node_modules'));
    expect(packages).toContain('yargs');
    for (const absent of ['vitest', 'typescript', 'gitlab-ci-local']) {
      expect(packages).not.toContain(absent);
      expect(names).not.toContain(absent);
    }
  });

  test("a tenant's push becomes a running virtual host in it; Packer in it reaches the builder", async () => {
    const path = [await writeContainerShell(join(world.directory, 'container'), image)];
    const file = '.gitlab-ci.yml';
    const pipeline = stringify({ ...parse(await world.read(file)), around });
    const result = await (await world.push({ [file]: pipeline }, 'Look around', { path })).result;
    const log = (name: string) => result.jobs.find((job) => job.name === name)?.log ?? '';
    const all = result.jobs.map(({ name, log }) => `── ${name}\n${log}`).join('\n');
    expect(Object.fromEntries(result.jobs.map(({ name, status }) => [name, status])), all).toEqual({
      validate: 'success',
      around: 'success',
      bake: 'success',
      provision: 'success',
      package: 'success',
      release: 'success',
    });
    expect(log('around').split('\n')).toEqual(
      expect.arrayContaining([
        '10001',
        '/usr/local/bin/vendhost',
        '/usr/bin/packer',
        '/usr/bin/git',
        '/usr/bin/shellcheck',
      ]),
    );
    expect(log('around')).toMatch(/^node +ok +24\./m);
    expect(log('around')).toMatch(/^AWS reachable +(ok|unknown)/m);

    expect(await images(world)).toHaveLength(1);
    expect(await leftovers(world)).toEqual({ builders: [], keyPairs: [], securityGroups: [] });
    const answer = await ask(world.cloud.router.https, 'shop.dev.example.com');
    expect(answer.status).toBe(200);
    expect(log('package')).toContain(String(answer.headers['x-revision']));
  });
});
