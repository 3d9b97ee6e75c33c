import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changelogFaults, cutChangelog, sectionOf } from '../../../docker/release/changelog.ts';
import { cutFiles, versionedFiles } from '../../../docker/release/cut.ts';
import { releaseNotes } from '../../../docker/release/notes.ts';
import { readReleaseOptions } from '../../../docker/release/options.ts';
import { pinTemplate } from '../../../docker/release/pin.ts';
import { type CutState, type PublishState, planCut, planPublish } from '../../../docker/release/plan.ts';
import { movingTags } from '../../../docker/release/version.ts';
import { projectRoot, version } from '../../local-gitlab/platform.ts';

const [list, amd, arm] = ['a', 'b', 'c'].map((letter) => `sha256:${letter.repeat(64)}`) as [string, string, string];
const images = [
  { arch: 'amd64', digest: amd },
  { arch: 'arm64', digest: arm },
];

test('options: help, and wrong values by name', () => {
  expect(readReleaseOptions(['--help'])).toBeUndefined();
  expect(readReleaseOptions(['cut', '1.2.3', '--dry-run'])).toMatchObject({
    verb: 'cut',
    operand: '1.2.3',
    dryRun: true,
  });
  expect(readReleaseOptions(['tag', '--arch', 'amd64'])).toMatchObject({ verb: 'tag', architectures: ['amd64'] });
  const own = { fulcio: 'https://fulcio.example.com', rekor: 'https://example.com/rekor' };
  expect(readReleaseOptions(['tag', '--fulcio', `${own.fulcio}/`, '--rekor', own.rekor])?.sigstore).toEqual(own);
  for (const [words, message] of [
    [[], 'nothing is wrong: it must be cut, tag, notes, publish'],
    [['push'], 'push is wrong: it must be cut, tag, notes, publish'],
    [['cut'], 'cut is wrong: it must be cut VERSION'],
    [['publish', 'now'], 'publish now is wrong: it must be publish'],
    [['cut', 'v1.2.3'], 'v1.2.3 is no version: it must be like 1.2.3'],
    [['cut', '1.2'], '1.2 is no version'],
    [
      ['tag', '--fulcio', 'fulcio.example.com'],
      '--fulcio fulcio.example.com is wrong: it must be an address, https://…',
    ],
    [['tag', '--rekor', 'https://rekor.example.com'], '--fulcio and --rekor must be given together'],
  ] as const) {
    expect(() => readReleaseOptions(words), message).toThrow(message);
  }
});

const changelog =
  '# Changelog\n\n## Unreleased\n\n### Added\n- a\n\n### Fixed\n- b\n\n## 1.1.0 - 2026-01-01\n\n### Added\n- old\n';

test('the changelog: what is unreleased becomes the version, by kind', () => {
  expect(changelogFaults(changelog, '1.2.0')).toEqual([]);
  const after = cutChangelog(changelog, '1.2.0', '2026-02-03');
  expect(sectionOf(after, '1.2.0')).toBe('### Added\n- a\n\n### Fixed\n- b');
  expect(sectionOf(after, 'Unreleased')).toBe('');
  expect(sectionOf(after, '1.1.0')).toBe('### Added\n- old');
  expect(sectionOf(after, '1.1')).toBeUndefined();
  expect(changelogFaults(after, '1.3.0')).toEqual(['CHANGELOG.md has nothing under ## Unreleased']);
  expect(changelogFaults(changelog, '1.1.0')).toEqual(['CHANGELOG.md has 1.1.0 already']);
  expect(changelogFaults(changelog.replace('### Fixed', '### Added'), '1.2.0')).toEqual([
    'CHANGELOG.md: ### Added is there twice under ## Unreleased',
  ]);
  expect(changelogFaults(changelog.replace('### Fixed', '### Improved'), '1.2.0')).toEqual([
    'CHANGELOG.md: Improved is none of Added, Changed, Deprecated, Removed, Fixed, Security',
  ]);
});

test('a cut changes the version where people read it, and nothing that only looks like it', () => {
  const files = {
    'README.md':
      '@v0.1.0 and `ref: v0.1.0`, registry.example.com/vendhost:0.1.0, vendhost-0.1.0.tgz. Not 10.1.0, 0.1.0.5, 0.1.01 or foo-0.1.0',
    'docs/a.md': 'nothing',
    'package.json': '{"name": "vendhost", "version": "0.1.0", "dependencies": {"other": "0.1.0"}}',
    'package-lock.json':
      '{"version": "0.1.0", "packages": {"": {"version": "0.1.0"}, "node_modules/other": {"version": "0.1.0"}}}',
    'CHANGELOG.md': changelog,
  };
  const changed = cutFiles(files, { from: '0.1.0', to: '1.2.0', day: '2026-02-03' });
  expect(Object.keys(changed)).toEqual(['README.md', 'package.json', 'package-lock.json', 'CHANGELOG.md']);
  expect(changed['README.md']).toBe(
    '@v1.2.0 and `ref: v1.2.0`, registry.example.com/vendhost:1.2.0, vendhost-1.2.0.tgz. Not 10.1.0, 0.1.0.5, 0.1.01 or foo-0.1.0',
  );
  expect(JSON.parse(changed['package.json'] ?? '')).toMatchObject({
    version: '1.2.0',
    dependencies: { other: '0.1.0' },
  });
  expect(JSON.parse(changed['package-lock.json'] ?? '')).toEqual({
    version: '1.2.0',
    packages: { '': { version: '1.2.0' }, 'node_modules/other': { version: '0.1.0' } },
  });
});

test('a template names the image by its digest, once', () => {
  const text = 'a:\n  image: $[[ inputs.image ]]:1.2.0\n  tags: []\n';
  expect(pinTemplate(text, '1.2.0', list)).toBe(`a:\n  image: $[[ inputs.image ]]@${list} # 1.2.0\n  tags: []\n`);
  expect(() => pinTemplate(text, '1.3.0', list)).toThrow('0 times, not once');
  expect(() => pinTemplate(text + text, '1.2.0', list)).toThrow('2 times, not once');
});

test('tags move forward only, and not across a major version', () => {
  expect(movingTags('1.2.0', [])).toEqual(['v1.2', 'v1']);
  expect(movingTags('1.2.1', ['v1.3.0', 'v1.2.0', 'v1.2'])).toEqual(['v1.2']);
  expect(movingTags('1.2.1', ['v1.2.10', 'v2.0.0'])).toEqual([]);
  expect(movingTags('1.10.0', ['v1.9.0', 'v2.0.0', 'cut/1.11.0'])).toEqual(['v1.10', 'v1']);
  expect(movingTags('0.2.0', ['v0.1.0'])).toEqual(['v0.2']);
});

test("the project's own files can be cut and pinned", async () => {
  const current = await version();
  const read = (file: string) => readFileSync(join(projectRoot, file), 'utf8');
  const paths = globSync(versionedFiles, { cwd: projectRoot });
  const files = Object.fromEntries([...paths, 'CHANGELOG.md'].map((file) => [file, read(file)]));
  const after = { ...files, ...cutFiles(files, { from: current, to: '98.76.5', day: '2026-02-03' }) };
  expect(paths.filter((file) => new RegExp(`v${current.replaceAll('.', '\\.')}\\b`).test(after[file] ?? ''))).toEqual(
    [],
  );
  const templates = paths.filter((file) => /^(ci-)?templates\//.test(file));
  expect(templates).toHaveLength(18);
  for (const file of templates) {
    const text = after[file] ?? '';
    // A released checkout names a digest already.
    const unpinned = text.replace(/@sha256:\S+ # \S+/, ':98.76.5');
    expect(pinTemplate(unpinned, '98.76.5', list), file).toContain(`@${list} # 98.76.5\n`);
  }
  expect(sectionOf(after['CHANGELOG.md'] ?? '', '98.76.5')).toBe(sectionOf(files['CHANGELOG.md'] ?? '', 'Unreleased'));
});

const cutState: CutState = {
  ...{ version: '1.2.0', head: 'h', pipelineTag: 'cut/1.2.0', changes: '### Added', architectures: ['amd64', 'arm64'] },
  built: images.map((image) => ({ ...image, version: '1.2.0', commit: 'h' })),
  ...{ list: undefined, tagged: undefined, pinned: undefined, notUploaded: ['amd64', 'arm64'] },
  ...{ notSigned: ['amd64', 'arm64'], unsigned: undefined },
};
const signatures = images.map((image) => ({ do: 'sign', ...image }));
const written = { digest: list, images, commits: ['h'] };

test('from images to the tag: files, list, signatures, tag; what is there is not done again', () => {
  expect(planCut(cutState)).toEqual({
    faults: [],
    notices: [],
    steps: [
      { do: 'upload', arch: 'amd64' },
      { do: 'upload', arch: 'arm64' },
      { do: 'list', tag: '1.2.0', images },
      ...signatures,
      { do: 'tag', tag: 'v1.2.0' },
    ],
  });
  // Images that were built again since are not taken.
  const later = { ...cutState, list: written, pinned: 'p', built: [], notUploaded: [], notSigned: [] };
  const nothing = { faults: [], notices: [], steps: [] };
  expect(planCut(later)).toEqual({ ...nothing, steps: [{ do: 'tag', tag: 'v1.2.0' }] });
  const lost = { ...later, built: cutState.built, notUploaded: ['arm64'], tagged: 'p' };
  expect(planCut(lost)).toEqual({ ...nothing, steps: [{ do: 'upload', arch: 'arm64' }] });
  expect(planCut({ ...later, tagged: 'p' })).toEqual(nothing);
});

test('a signature that is missing is made before the tag, of the image in the list; where it cannot be, the plan says why', () => {
  const stopped = { ...cutState, list: written, pinned: 'p', notUploaded: [], notSigned: ['arm64'] };
  const [, signature] = signatures;
  const tag = { do: 'tag', tag: 'v1.2.0' };
  expect(planCut(stopped)).toEqual({ faults: [], notices: [], steps: [signature, tag] });
  const tagged = { ...stopped, tagged: 'p' };
  expect(planCut(tagged)).toEqual({ faults: [], notices: [], steps: [signature] });
  const unsigned = { faults: [], notices: ['not signed: no token'] };
  expect(planCut({ ...stopped, unsigned: 'no token' })).toEqual({ ...unsigned, steps: [tag] });
  expect(planCut({ ...tagged, built: [], unsigned: 'no token' })).toEqual({ ...unsigned, steps: [] });
  expect(planCut({ ...tagged, built: [] })).toEqual({
    faults: [],
    notices: ['not signed: the provenance is not here any more, and the tag is there'],
    steps: [],
  });
  // A reason not to sign says nothing of what was signed before.
  expect(planCut({ ...stopped, notSigned: [], unsigned: 'no token' }).notices).toEqual([]);
});

test.each([
  ['another tag', { pipelineTag: 'cut/1.3.0' }, 'the tag is cut/1.3.0, but package.json says 1.2.0'],
  ['no changelog', { changes: undefined }, 'CHANGELOG.md says nothing of 1.2.0'],
  ['no image', { built: cutState.built.slice(0, 1) }, 'there is no image for arm64'],
  ['an image of another commit', { head: 'other' }, 'the image for amd64 is 1.2.0 of h, not 1.2.0 of other'],
  [
    'a list of another commit',
    { list: { ...written, commits: ['x'] }, pinned: 'p', notUploaded: [] },
    'the registry has 1.2.0 of x, not of h',
  ],
  [
    'an SBOM that is lost',
    { list: written, pinned: 'p', built: [] },
    'SBOM and provenance of the image for amd64 are neither',
  ],
  [
    'a provenance that is lost before it was signed',
    { list: written, pinned: 'p', built: [], notUploaded: [] },
    'the provenance of the image for amd64 is neither signed nor here: take the next version',
  ],
  ['a tag by hand', { tagged: 't' }, 'there is a tag v1.2.0 without an image'],
  [
    'a tag of something else',
    { list: written, pinned: 'p', tagged: 't', notUploaded: [] },
    'the tag v1.2.0 leads to t, not to h with templates',
  ],
])('before the tag, a fault: %s', (_, change, message) => {
  const { faults, steps } = planCut({ ...cutState, ...change });
  expect(faults[0]).toContain(message);
  expect(steps).toEqual([]);
});

const links = ['sbom-amd64.cdx.json', 'provenance-amd64.json'].map((name) => ({ name, url: `https://x/${name}` }));
const publishState: PublishState = {
  ...{ version: '1.2.0', head: 'p', list: written, named: [list], isPackaged: false, changed: [], release: undefined },
  tags: new Map([
    ['v1.2.0', 'p'],
    ['v1.1.0', 'o'],
    ['v1', 'o'],
  ]),
  uploaded: links.map(({ name }) => name),
  unsigned: undefined,
  wanted: { description: 'text', links },
};

test('from the tag to all that belongs to it', () => {
  expect(planPublish(publishState)).toEqual({
    faults: [],
    notices: [],
    steps: [
      { do: 'package', distTag: 'latest' },
      { do: 'create-release', tag: 'v1.2.0' },
      ...links.map((link) => ({ do: 'link', link, id: undefined })),
      { do: 'move', tag: 'v1.2', from: '' },
      { do: 'move', tag: 'v1', from: 'o' },
    ],
  });
  const done = {
    ...publishState,
    isPackaged: true,
    release: { description: 'text\n', links: links.map((link, id) => ({ ...link, id })) },
    tags: new Map([...publishState.tags, ['v1', 'p'], ['v1.2', 'p']]),
  };
  expect(planPublish(done)).toEqual({ faults: [], notices: [], steps: [] });
  expect(planPublish({ ...done, unsigned: 'no token' }).notices).toEqual(['not signed: no token']);
  const wrong = { description: 'by hand', links: [{ name: links[0]?.name ?? '', url: 'https://other', id: 7 }] };
  expect(planPublish({ ...done, release: wrong }).steps).toEqual([
    { do: 'edit-release', tag: 'v1.2.0' },
    { do: 'link', link: links[0], id: 7 },
    { do: 'link', link: links[1], id: undefined },
  ]);
});

test('an older version that is published later is not the latest', () => {
  const tags = new Map([...publishState.tags, ['v2.0.0', 'q'], ['v2', 'q']]);
  expect(planPublish({ ...publishState, tags }).steps).toContainEqual({ do: 'package', distTag: 'release-1.2' });
});

test.each([
  ['another checkout', { head: 'x' }, "the tag v1.2.0 leads to p, not to the checkout's x"],
  ['no image', { list: undefined }, 'the registry has no image 1.2.0: its pipeline is that of cut/1.2.0'],
  ['templates without a digest', { named: ['no digest'] }, `the templates name no digest, the registry has ${list}`],
  ['an SBOM that is missing', { uploaded: [] }, 'there is no file sbom-amd64.cdx.json in the package registry'],
])('before the release, a fault: %s', (_, change, message) => {
  const { faults, steps } = planPublish({ ...publishState, ...change });
  expect(faults[0]).toContain(message);
  expect(steps).toEqual([]);
});

test('the text of a release opens with what is copied, then has digests, how to verify, and changes', () => {
  const release = {
    ...{
      version: '1.2.0',
      project: 'acme/vendhost',
      image: 'registry.example.com/acme/vendhost',
      digest: list,
      images,
    },
    ...{
      commit: 'c0ffee',
      npm: 'https://gitlab.example.com/api/v4/projects/7/packages/npm/',
      changes: '### Added\n- a',
    },
    signature: { identity: 'https://gitlab.com/who', issuer: 'https://gitlab.com', isPublic: true },
  };
  const text = releaseNotes(release);
  expect(text).toMatch(
    /^A tenant's `\.gitlab-ci\.yml`:\n\n```yaml\ninclude:\n {2}- component: \$CI_SERVER_FQDN\/acme\/vendhost\/tenant@v1\.2\.0\n/,
  );
  for (const digest of [list, amd, arm]) expect(text).toContain(`registry.example.com/acme/vendhost@${digest}`);
  expect(text).toContain('### Added\n- a\n');
  expect(text.match(/```\ncosign[^`]*```/)?.[0]).toMatchInlineSnapshot(`
    "\`\`\`
    cosign verify-blob-attestation --bundle provenance-amd64.sigstore.json --type slsaprovenance1 \\
      --digest bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --digestAlg sha256 \\
      --certificate-identity https://gitlab.com/who \\
      --certificate-oidc-issuer https://gitlab.com
    cosign verify-blob-attestation --bundle provenance-arm64.sigstore.json --type slsaprovenance1 \\
      --digest cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc --digestAlg sha256 \\
      --certificate-identity https://gitlab.com/who \\
      --certificate-oidc-issuer https://gitlab.com
    \`\`\`"
  `);
  const own = { ...release.signature, isPublic: false };
  expect(releaseNotes({ ...release, signature: own })).toContain(
    '--certificate-oidc-issuer https://gitlab.com \\\n  --trusted-root trusted_root.json\n',
  );
  const unsigned = releaseNotes({ ...release, signature: { unsigned: 'no token' } });
  expect(unsigned).toContain('\nThe provenance is not signed: no token.\n');
  expect(unsigned).not.toContain('cosign');
});
