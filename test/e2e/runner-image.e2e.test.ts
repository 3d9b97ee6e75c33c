import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { BuiltImage } from '../../docker/build.ts';
import { writeContainerShell } from '../docker/container.ts';
import { bomFaults, provenanceFaults } from '../docker/documents.ts';
import { buildLimitMs, type MountedImage, mountRunnerImage } from '../docker/image.ts';
import { git } from '../local-gitlab/platform.ts';
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
    const bom = await written('sbom.cdx.json');
    expect([bomFaults(bom), provenanceFaults(await written('provenance.json'))]).toEqual([[], []]);
    const { components } = bom as { components: { name: string; version: string }[] };
    const names = components.map(({ name }) => name);
    const known = new Set(components.map(({ name, version }) => `${name}@${version}`));
    // dpkg itself says what is installed.
    const dpkg = await execa('chroot', [
      image.root,
      'dpkg-query',
      '--show',
      '--showformat',
      '${Package}@${Version}\\n',
    ]);
    expect(dpkg.stdout.split('\n').filter((one) => !known.has(one))).toEqual([]);
    const npms = await readdir(join(image.root, 'usr/local/lib/node_modules/npm/node_modules'));
    expect(npms.filter((name) => !/^[.@]/.test(name) && !names.includes(name))).toEqual([]);
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

  test("nothing in it is writable for a job but its home and temporary folders, nobody becomes root, and nothing is the builder's", async () => {
    const find = async (...words: string[]) =>
      (await execa('find', [image.root, '-xdev', ...words, '-printf', '/%P\\n'])).stdout.split('\n').filter(Boolean);
    const writable = await find('!', '-type', 'l', '(', '-perm', '/002', '-o', '-group', '0', '-perm', '/020', ')');
    expect(writable.filter((path) => !/^\/(home\/vendhost|tmp|var\/tmp|run\/lock|dev)(\/|$)/.test(path))).toEqual([]);
    expect(await find('-type', 'f', '-perm', '/6000')).toEqual([]);
    expect(await find('-path', '*/opt/vendhost/*', '!', '-perm', '-444')).toEqual([]);
    expect(await find('-path', '*/root/.cache/*')).toEqual([]);
    // Nor are places where a build's files were mounted.
    expect(await find('(', '-name', '.npmrc', '-o', '-name', 'build-ca.crt', ')')).toEqual([]);
    for (const folder of ['mnt', 'tmp']) expect(await find('-path', `${image.root}/${folder}/*`)).toEqual([]);
    const own = await Promise.all(
      ['hostname', 'resolv.conf'].map((file) => readFile(`/etc/${file}`, 'utf8').catch(() => 'none')),
    );
    for (const [index, file] of ['hostname', 'resolv.conf'].entries()) {
      const there = await readFile(join(image.root, 'etc', file), 'utf8').catch(() => '');
      expect(there === '' || there !== own[index], `/etc/${file}`).toBe(true);
    }
    const licences = await find('-ipath', '*/node_modules/*/licen[cs]e.md');
    expect(licences.some((path) => path.includes('/qs/'))).toBe(true);
    expect(image.config.Entrypoint ?? []).toEqual([]);
  });

  test('the command is in it as compiled code, and the user of jobs takes that', async () => {
    const compiled = async () =>
      await readdir(join(image.root, 'home/vendhost/.cache/vendhost/compiled'), { recursive: true });
    const before = new Set(await compiled());
    await execa('chroot', ['--userspec=10001:0', image.root, 'vendhost', '--help'], {
      env: image.env,
      extendEnv: false,
    });
    // The executable itself, stripped and compiled: it cannot be loaded without running a command.
    expect((await compiled()).filter((file) => !before.has(file)).length).toBeLessThanOrEqual(2);
  });

  test("a user id that nobody knows runs it as GitLab's runner does: a shell that reads the script, in a checkout of root's", async () => {
    const checkout = join(image.root, 'builds');
    await git(image.root, ['init', '--quiet', checkout]);
    await execa('chmod', ['-R', 'a+rwX', checkout]);
    const script =
      'cd /builds && id -u && git status --short && vendhost --version && touch written && echo "$HOME" > "$HOME/x" && rm "$HOME/x" && env -i PATH="$PATH" vendhost --version';
    const { stdout } = await execa('chroot', ['--userspec=123456:0', image.root, '/bin/sh'], {
      input: script,
      env: image.env,
      extendEnv: false,
    });
    const { version } = JSON.parse(await readFile(join(image.directory, 'image.json'), 'utf8')) as BuiltImage;
    expect(stdout.split('\n')).toEqual(['123456', version, version]);
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
