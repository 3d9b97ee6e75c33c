import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { nameFor, openBuildah } from '../../docker/buildah.ts';
import { fullDisk } from '../../docker/full-disk.ts';
import { ensureImagePackages } from '../docker/image.ts';

beforeAll(ensureImagePackages);
const folder = async () => await mkdtemp(join(tmpdir(), 'image-build-'));

test('containers that a killed build left are removed; one that somebody looks into is not', async () => {
  const directory = await folder();
  const buildah = await openBuildah('overlay', { directory });
  await buildah.run(['from', 'scratch'], { quiet: true });
  // Higher than any id of a process on Linux.
  await buildah.run(['from', '--name', nameFor(9_999_999), 'scratch'], { quiet: true });
  await buildah.run(['from', '--name', nameFor(process.pid), 'scratch'], { quiet: true });
  await buildah.removeLeftovers();
  const left = await buildah.run(['containers', '--format', '{{.ContainerName}}'], { quiet: true });
  expect(left).toBe(nameFor(process.pid));
});

test('a full disk is what buildah says, and the build names it', async () => {
  const directory = await folder();
  const disk = join(directory, 'disk');
  await mkdir(disk);
  await writeFile(join(directory, 'large'), Buffer.alloc(8_000_000));
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
  try {
    const buildah = await openBuildah('overlay', { directory: disk });
    const container = await buildah.run(['from', 'scratch'], { quiet: true });
    const failure = await buildah
      .run(['copy', container, join(directory, 'large'), '/'], { quiet: true })
      .then(() => 'it fits', String);
    expect(failure).toContain('no space left on device');
    expect(fullDisk(failure)).toMatch(/^a disk is full: /);
  } finally {
    // With what buildah has mounted in it, which it cannot undo: that is written to the same disk.
    await execa('umount', ['--recursive', disk]);
  }
});
