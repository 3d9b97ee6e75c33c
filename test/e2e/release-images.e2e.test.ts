import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Buildah, openBuildah } from '../../docker/buildah.ts';
import { readList, writeList } from '../../docker/release/manifest-list.ts';
import { openRegistry } from '../../docker/release/registry.ts';
import { recorder } from '../builders/recorder.ts';
import { ensureImagePackages } from '../docker/image.ts';
import { type LocalRegistry, startLocalRegistry } from '../local-gitlab/registry.ts';

const login = { user: 'job', password: 'registry-password' };
const creds = ['--creds', `${login.user}:${login.password}`, '--tls-verify=false'];

let folder: string;
let buildah: Buildah;
let local: LocalRegistry;
beforeAll(async () => {
  await ensureImagePackages();
  folder = await mkdtemp(join(tmpdir(), 'release-images-'));
  buildah = await openBuildah('overlay', { directory: folder });
  local = await startLocalRegistry(login);
});
afterAll(() => local.stop());

test('what buildah pushes for two architectures becomes a list that buildah pulls from, by digest', async () => {
  const name = `${local.host}/acme/vendhost`;
  const images: { arch: string; digest: string }[] = [];
  for (const arch of ['amd64', 'arm64']) {
    const container = await buildah.run(['from', '--arch', arch, 'scratch'], { quiet: true });
    await buildah.run(['config', '--arch', arch, '--label', 'org.opencontainers.image.revision=c0ffee', container]);
    await buildah.run(['commit', '--quiet', '--format', 'docker', container, `localhost/${arch}`]);
    const file = join(folder, `${arch}.digest`);
    await buildah.run([
      'push',
      '--quiet',
      ...creds,
      '--digestfile',
      file,
      `localhost/${arch}`,
      `docker://${name}:1.2.3-${arch}`,
    ]);
    images.push({ arch, digest: local.tags('acme/vendhost')[`1.2.3-${arch}`] ?? '' });
  }
  expect(new Set(images.map(({ digest }) => digest)).size).toBe(2);
  const registry = openRegistry(name, login, recorder().out);
  await writeList(registry, '1.2.3', images);
  const list = await readList(registry, '1.2.3');
  expect(list).toEqual({ digest: local.tags('acme/vendhost')['1.2.3'], images, commits: ['c0ffee'] });
  for (const arch of ['amd64', 'arm64']) {
    const pulled = await buildah.run(['pull', '--quiet', ...creds, '--arch', arch, `${name}@${list?.digest}`]);
    const { OCIv1 } = JSON.parse(await buildah.run(['inspect', '--type', 'image', pulled], { quiet: true })) as {
      OCIv1: { architecture: string };
    };
    expect(OCIv1.architecture).toBe(arch);
  }
});
