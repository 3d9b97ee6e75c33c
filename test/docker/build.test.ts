import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { buildArguments, readOptions, releaseFaults } from '../../docker/options.ts';
import { provenance } from '../../docker/provenance.ts';
import { type Bom, debianPackages, imageBom, onlyInstalled } from '../../docker/sbom.ts';
import { projectRoot } from '../local-gitlab/platform.ts';
import { bomFaults, provenanceFaults } from './documents.ts';

const digest = `sha256:${'a'.repeat(64)}`;

test('options: help, defaults, and wrong values by name', () => {
  expect(readOptions(['--help'], {})).toBeUndefined();
  expect(
    readOptions(['--arch', 'arm64', '--build-arg', 'PACKER_URL=1', '--build-arg', 'PACKER_SHA256='], {
      STORAGE_DRIVER: 'vfs',
    }),
  ).toEqual({
    base: undefined,
    arch: 'arm64',
    buildArgs: ['PACKER_URL=1', 'PACKER_SHA256='],
    push: undefined,
    output: undefined,
    release: false,
    fresh: false,
    storageDriver: 'vfs',
  });
  for (const [words, message] of [
    [['--arch', 'x86'], '--arch x86 is wrong: it must be amd64 or arm64'],
    [['--build-arg', 'PACKER_URL'], '--build-arg PACKER_URL is wrong: it must be NAME=VALUE'],
    [['--build-arg', 'PAKCER_URL=x'], '--build-arg PAKCER_URL is wrong: it must be PACKER_URL, PACKER_SHA256, '],
    // It would be another base than the one that is looked at, and said.
    [['--build-arg', 'BASE_IMAGE=x'], '--build-arg BASE_IMAGE is wrong'],
    [['--push', 'registry.example.com/x'], '--push registry.example.com/x is wrong: it must begin with a transport'],
    [['--storage-driver', 'zfs'], '--storage-driver zfs is wrong'],
    [['--bas', 'x'], "Unknown option '--bas'"],
  ] as const) {
    expect(() => readOptions(words, {}), message).toThrow(message);
  }
});

test('every argument of the Dockerfile can be given, and the Dockerfile has every argument', async () => {
  const text = await readFile(join(import.meta.dirname, '../../docker/Dockerfile'), 'utf8');
  const names = [...text.matchAll(/^ARG (\w+)/gm)].map(([, name = '']) => name);
  expect([...new Set(names)].sort()).toEqual(['BASE_IMAGE', ...buildArguments].sort());
});

test('a release needs a base with a digest and a clean checkout', () => {
  expect(releaseFaults(`node:24-bookworm-slim@${digest}`, [])).toEqual([]);
  expect(releaseFaults('node:24-bookworm-slim', ['README.md'])).toEqual([
    'the base node:24-bookworm-slim has no digest, so the same build gives another image tomorrow: give --base node:24-bookworm-slim@sha256:…',
    'not committed: README.md',
  ]);
  expect(releaseFaults('debian', [])).toHaveLength(1);
});

const build = {
  name: 'localhost/vendhost:1.2.3-amd64',
  digest,
  base: 'node:24-bookworm-slim',
  baseDigest: `sha256:${'b'.repeat(64)}`,
  commit: 'c0ffee',
  changed: [],
  version: '1.2.3',
  arch: 'amd64',
  buildArgs: ['PACKER_URL=https://mirror.example.com/packer.zip?x=1', `PACKER_SHA256=${'d'.repeat(64)}`],
  startedAt: new Date(0),
  finishedAt: new Date(1000),
};

test('provenance names what the image was made of, and in a job who made it', () => {
  const job = {
    CI_PROJECT_URL: 'https://gitlab.example.com/platform/vendhost',
    CI_SERVER_URL: 'https://gitlab.example.com',
    CI_RUNNER_ID: '7',
    CI_JOB_URL: 'https://gitlab.example.com/platform/vendhost/-/jobs/9',
  };
  const { subject, predicate } = provenance(build, job);
  expect(subject).toEqual([{ name: build.name, digest: { sha256: 'a'.repeat(64) } }]);
  expect(predicate.buildDefinition.resolvedDependencies).toEqual([
    { uri: 'git+https://gitlab.example.com/platform/vendhost@c0ffee', digest: { gitCommit: 'c0ffee' } },
    { uri: 'docker://node:24-bookworm-slim', digest: { sha256: 'b'.repeat(64) } },
    { uri: 'https://mirror.example.com/packer.zip?x=1', digest: { sha256: 'd'.repeat(64) } },
  ]);
  expect(predicate.runDetails).toEqual({
    builder: { id: 'https://gitlab.example.com/-/runners/7' },
    metadata: {
      invocationId: job.CI_JOB_URL,
      startedOn: '1970-01-01T00:00:00.000Z',
      finishedOn: '1970-01-01T00:00:01.000Z',
    },
  });
  const byHand = provenance(build, {});
  expect(byHand.predicate.runDetails.builder.id).toBe('file://local');
  for (const statement of [provenance(build, job), byHand]) expect(provenanceFaults(statement)).toEqual([]);
  const { predicate: wrong, ...rest } = byHand;
  expect(provenanceFaults({ ...rest, predicate: { ...wrong, materials: [] } })).toEqual([
    '/predicate must NOT have additional properties',
  ]);
});

test('installed Debian packages, not those that only left their configuration', () => {
  const status = `Package: git
Status: install ok installed
Architecture: amd64
Version: 1:2.39.5-0+deb12u3
Description: fast
 Package: no-field

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
`;
  expect(debianPackages(status)).toEqual([{ name: 'git', version: '1:2.39.5-0+deb12u3', arch: 'amd64' }]);
});

test("the bill of materials has npm's packages, Debian's and the programs; the image is what it describes", () => {
  const npm = {
    bomFormat: 'CycloneDX',
    metadata: { component: { name: 'folder', 'bom-ref': 'vendhost@1.2.3' } },
    components: [
      { name: 'yargs', 'bom-ref': 'yargs@18.2.0' },
      { name: 'vitest', 'bom-ref': 'vitest@5.1.1' },
    ],
    dependencies: [
      { ref: 'vendhost@1.2.3', dependsOn: ['yargs@18.2.0', 'vitest@5.1.1'] },
      { ref: 'yargs@18.2.0' },
      { ref: 'vitest@5.1.1', dependsOn: ['yargs@18.2.0'] },
    ],
  };
  const image = { name: 'vendhost', version: '1.2.3', digest };
  const git = { name: 'git', version: '1:2.39.5-0+deb12u3', arch: 'amd64' };
  const packages = onlyInstalled(npm, new Set(['yargs@18.2.0']), 'vendhost');
  const { metadata, components, dependencies } = imageBom(
    packages,
    image,
    [git],
    [{ name: 'packer', version: '1.14.2' }],
    [{ name: '@npmcli/arborist', version: '9.1.0' }],
  );
  expect(metadata?.lifecycles).toEqual([{ phase: 'post-build' }]);
  expect(metadata?.component).toMatchObject({ type: 'container', purl: `pkg:oci/vendhost@sha256:${'a'.repeat(64)}` });
  expect(components?.map((one) => ('purl' in one ? one.purl : 'name' in one && one.name))).toEqual([
    'vendhost',
    'yargs',
    'pkg:deb/debian/git@1:2.39.5-0%2Bdeb12u3?arch=amd64&distro=debian-12',
    'pkg:npm/%40npmcli/arborist@9.1.0',
    'pkg:generic/packer@1.14.2',
  ]);
  expect(dependencies).toEqual([
    { ref: 'vendhost@1.2.3', dependsOn: ['yargs@18.2.0'] },
    { ref: 'yargs@18.2.0', dependsOn: [] },
  ]);
  expect(() => onlyInstalled(npm, new Set(['left-pad@1.0.0']), 'vendhost')).toThrow('left-pad@1.0.0');
});

test("CycloneDX's schema takes the bill of materials of this checkout, with what else is in an image", async () => {
  const { stdout } = await execa('npm', ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'], {
    cwd: projectRoot,
  });
  const npm = JSON.parse(stdout) as Bom;
  const installed = new Set(npm.components?.map((one) => one['bom-ref']));
  const made = imageBom(
    onlyInstalled(npm, installed, 'vendhost'),
    { name: 'vendhost', version: '1.2.3', digest },
    [{ name: 'libstdc++6', version: '12.2.0-14+deb12u1', arch: 'amd64' }],
    [{ name: 'packer', version: '1.14.2' }],
    [{ name: '@npmcli/arborist', version: '9.1.0' }],
  );
  expect(bomFaults(made)).toEqual([]);
  const [first, ...others] = made.components ?? [];
  expect(bomFaults({ ...made, components: [{ ...first, type: 'packet' } as never, ...others] })).toEqual([
    '/components/0/type must be equal to one of the allowed values',
  ]);
  expect(bomFaults({ ...made, components: others })).toContain(`${first?.['bom-ref']} is no component`);
});
