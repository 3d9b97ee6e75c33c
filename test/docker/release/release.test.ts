import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';
import { projectRoot } from '../../local-gitlab/platform.ts';
import { type LocalRegistry, startLocalRegistry } from '../../local-gitlab/registry.ts';
import { type LocalSigstore, startLocalSigstore } from '../../local-gitlab/sigstore.ts';
import { createIssuer } from '../../local-gitlab/tokens.ts';

const login = { user: 'job', password: 'registry-password' };
const path = 'acme/vendhost';
const template = 'job:\n  image: $[[ inputs.image ]]:1.2.3\n';
const sourceFiles = {
  'package.json': '{"name":"vendhost","version":"1.2.3","files":["ci-templates"]}\n',
  'CHANGELOG.md': '# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-02-03\n\n### Added\n- a thing\n',
  'README.md': '# Vendhost\n',
  '.gitignore': '.cache/\n',
  'ci-templates/tenant.gitlab-ci.yml': template,
  'templates/tenant.yml': template,
};

let gitlab: LocalGitlab;
let registry: LocalRegistry;
let sigstore: LocalSigstore;
let folder: string;
beforeAll(async () => {
  registry = await startLocalRegistry(login);
  sigstore = await startLocalSigstore();
});
afterAll(() => Promise.all([registry.stop(), sigstore.stop()]));
beforeEach(async () => {
  gitlab = await startLocalGitlab({ projects: [path] });
  folder = await mkdtemp(join(tmpdir(), 'release-test-'));
  return () => gitlab.stop();
});

const checkout = () => join(folder, 'checkout');
const remote = () => join(folder, 'remote.git');
const git = async (...words: string[]) => (await execa('git', words, { cwd: checkout() })).stdout;
const project = () => gitlab.state.projects()[0] as NonNullable<ReturnType<typeof gitlab.state.project>>;

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(checkout(), file)), { recursive: true });
    await writeFile(join(checkout(), file), text);
  }
}

/** A checkout at the tag `cut/1.2.3`, its remote, and what the jobs of the images left: in the registry, and as files. */
async function prepare(image: string): Promise<void> {
  await write(sourceFiles);
  await execa('git', ['init', '--quiet', '--bare', remote()]);
  // As GitLab's: it takes options, and here writes them down.
  await execa('git', ['config', 'receive.advertisePushOptions', 'true'], { cwd: remote() });
  const hook = '#!/bin/sh\nwhile read -r _ _ ref; do echo "$ref $GIT_PUSH_OPTION_0"; done >> pushes\n';
  await writeFile(join(remote(), 'hooks/post-receive'), hook, { mode: 0o755 });
  await git('init', '--quiet');
  await git('config', 'user.name', 'Test');
  await git('config', 'user.email', 'test@example.com');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'chore: cut 1.2.3');
  await git('tag', 'cut/1.2.3');
  await git('push', '--quiet', remote(), 'HEAD:refs/heads/main', 'cut/1.2.3');
  gitlab.state.packages.isTag = async (_, tag) => (await remoteTag(tag)) !== undefined;
  await pushImages(image, await git('rev-parse', 'HEAD'));
}

async function pushImages(image: string, commit: string): Promise<void> {
  for (const arch of ['amd64', 'arm64']) {
    const digest = await pushImage(image, {
      architecture: arch,
      config: { Labels: { 'org.opencontainers.image.revision': commit } },
    });
    const files = {
      'image.json': JSON.stringify({ arch, digest, version: '1.2.3', commit }),
      'sbom.cdx.json': `sbom of ${arch}`,
      'provenance.json': JSON.stringify({ subject: [{ digest: { sha256: digest.replace('sha256:', '') } }] }),
    };
    await write(
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`.cache/image/${arch}/${name}`, text])),
    );
  }
}

/** What a job has that may sign: a Sigstore that believes this GitLab, and an ID token for it. */
async function signing(): Promise<[...string[], Record<string, string>]> {
  const issuer = await createIssuer({ issuer: gitlab.address, directory: join(folder, 'issuer') });
  const job = { projectPath: path, ref: 'cut/1.2.3', refType: 'tag' } as const;
  const token = await issuer.mint(job, { audience: 'sigstore' });
  return ['--fulcio', sigstore.address, '--rekor', `${sigstore.address}/`, { SIGSTORE_ID_TOKEN: token }];
}

/** Why this GitLab's jobs sign nothing by themselves. */
const unsigned = () =>
  `Sigstore's public instance takes ID tokens of https://gitlab.com, not of ${new URL(gitlab.api).origin}; --fulcio and --rekor name one of your own`;

/** Texts of the files of that name that were uploaded. */
async function uploads(name: string): Promise<string[]> {
  const files = gitlab.state.packages.packages(project()).flatMap((each) => each.files);
  const address = `${gitlab.api}/projects/${encodeURIComponent(path)}/packages/generic/vendhost-image/1.2.3/${name}`;
  const response = await fetch(address, { headers: { 'private-token': gitlab.token } });
  const text = await response.text();
  return files.filter(({ file_name }) => file_name === name).map(() => text);
}

/** As buildah does, an image without layers. */
async function pushImage(image: string, config: object): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
  const base = `http://${image.replace('/', '/v2/')}`;
  const send = async (address: string, method: string, body: string, type: string) => {
    const response = await fetch(address, { method, body, headers: { authorization, 'content-type': type } });
    expect(response.ok, `${method} ${address}`).toBe(true);
    return response;
  };
  const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const text = JSON.stringify(config);
  const started = await send(`${base}/blobs/uploads/`, 'POST', '', 'application/octet-stream');
  const location = new URL(started.headers.get('location') ?? '', base);
  await send(`${location.href}?digest=${digestOf(text)}`, 'PUT', text, 'application/octet-stream');
  const [mediaType, configType] = ['manifest.v2', 'container.image.v1'].map(
    (type) => `application/vnd.docker.${type === 'manifest.v2' ? 'distribution.' : ''}${type}+json`,
  );
  const manifest = JSON.stringify({
    ...{ schemaVersion: 2, mediaType, layers: [] },
    config: { mediaType: configType, size: text.length, digest: digestOf(text) },
  });
  await send(`${base}/manifests/${digestOf(manifest)}`, 'PUT', manifest, String(mediaType));
  return digestOf(manifest);
}

/** `npm run release` in the checkout, as in a job; the last words may be variables. */
async function release(image: string, ...given: readonly (string | Readonly<Record<string, string>>)[]) {
  const node = join(projectRoot, 'node_modules/.bin/node');
  const words = given.filter((each) => typeof each === 'string');
  const more = given.find((each) => typeof each !== 'string');
  const { stderr, exitCode } = await execa(
    node,
    [join(projectRoot, 'docker/release/release.ts'), ...words, '--remote', remote()],
    {
      cwd: checkout(),
      reject: false,
      env: {
        CI_API_V4_URL: gitlab.api,
        CI_PROJECT_PATH: path,
        CI_REGISTRY_IMAGE: image,
        CI_REGISTRY_USER: login.user,
        CI_REGISTRY_PASSWORD: login.password,
        CI_COMMIT_TAG: 'cut/1.2.3',
        CI_CONFIG_PATH: '',
        CI_PROJECT_VISIBILITY: 'public',
        SIGSTORE_ID_TOKEN: '',
        VENDHOST_RELEASE_TOKEN: gitlab.token,
        npm_config_cache: join(folder, 'npm'),
        ...more,
      },
    },
  );
  return { code: exitCode, lines: stderr.split('\n') };
}

async function remoteTag(tag: string): Promise<string | undefined> {
  const { stdout, failed } = await execa('git', ['rev-parse', '--verify', '--quiet', `refs/tags/${tag}^{commit}`], {
    cwd: remote(),
    reject: false,
  });
  return failed ? undefined : stdout;
}

async function checkOut(tag: string): Promise<void> {
  await git('fetch', '--quiet', remote(), 'tag', tag);
  await git('checkout', '--quiet', tag);
}

test('from the tag of a cut to a release; each command says what is missing, does it, and is done the second time', async () => {
  const image = `${registry.host}/acme/whole`;
  await prepare(image);
  const cut = await git('rev-parse', 'HEAD');
  const mine = await signing();
  const steps = [
    'upload sbom.cdx.json and provenance.json of amd64',
    'upload sbom.cdx.json and provenance.json of arm64',
    'write the manifest list 1.2.3 of amd64 and arm64',
    'sign the provenance of amd64, and upload the signature',
    'sign the provenance of arm64, and upload the signature',
    'push the tag v1.2.3, whose templates name the list by its digest',
  ];
  const would = await release(image, 'tag', '--dry-run', ...mine);
  expect(would).toEqual({ code: 0, lines: steps.map((step) => `would ${step}`) });
  expect([registry.tags('acme/whole'), gitlab.state.packages.packages(project()), await remoteTag('v1.2.3')]).toEqual([
    {},
    [],
    undefined,
  ]);
  expect(sigstore.entries).toEqual([]);
  expect(await release(image, 'tag', ...mine)).toEqual({ code: 0, lines: steps });
  expect(await release(image, 'tag', ...mine)).toEqual({ code: 0, lines: ['everything is there'] });
  // What was signed is, whoever looks.
  expect(await release(image, 'tag')).toEqual({ code: 0, lines: ['everything is there'] });
  const identity = `https://${new URL(gitlab.api).host}/${path}//.gitlab-ci.yml@refs/tags/cut/1.2.3`;
  for (const arch of ['amd64', 'arm64']) {
    const [bundle = '', ...others] = await uploads(`provenance-${arch}.sigstore.json`);
    expect(others).toEqual([]);
    const statement = await readFile(join(checkout(), `.cache/image/${arch}/provenance.json`), 'utf8');
    expect(sigstore.verify(bundle)).toEqual({ identity, issuer: gitlab.address, statement });
  }

  const digest = registry.tags('acme/whole')['1.2.3'];
  await checkOut('v1.2.3');
  expect(await git('rev-parse', 'HEAD~1')).toBe(cut);
  expect((await git('diff', '--name-only', 'HEAD~1')).split('\n')).toEqual([
    'ci-templates/tenant.gitlab-ci.yml',
    'templates/tenant.yml',
  ]);
  expect(await readFile(join(checkout(), 'templates/tenant.yml'), 'utf8')).toBe(
    `job:\n  image: $[[ inputs.image ]]@${digest} # 1.2.3\n`,
  );

  await write({ 'ci-templates/scratch.txt': 'mine\n' });
  const refused = await release(image, 'publish');
  expect([refused.code, refused.lines[0]]).toEqual([
    1,
    'not committed, and the npm package would have it: ci-templates/scratch.txt',
  ]);
  await rm(join(checkout(), 'ci-templates/scratch.txt'));
  const published = await release(image, 'publish');
  expect(published).toEqual({
    code: 0,
    lines: [
      'publish the npm package as latest',
      'create the release v1.2.3',
      ...['amd64', 'arm64'].flatMap((arch) => [`link sbom-${arch}.cdx.json`, `link provenance-${arch}.json`]),
      ...['amd64', 'arm64'].map((arch) => `link provenance-${arch}.sigstore.json`),
      'move the tag v1.2',
      'move the tag v1',
    ],
  });
  expect(await release(image, 'publish')).toEqual({ code: 0, lines: ['everything is there'] });
  const commit = await git('rev-parse', 'HEAD');
  expect([await remoteTag('v1.2.3'), await remoteTag('v1.2'), await remoteTag('v1')]).toEqual([commit, commit, commit]);
  // The version's tag starts a pipeline, the moving ones do not.
  expect((await readFile(join(remote(), 'pushes'), 'utf8')).split('\n').slice(-4)).toEqual([
    'refs/tags/v1.2.3 ',
    'refs/tags/v1.2 ci.skip',
    'refs/tags/v1 ci.skip',
    '',
  ]);
  const [made] = gitlab.state.packages.releases(project());
  expect(made?.description).toContain(`${image}@${digest}`);
  expect(made?.description).toContain('### Added\n- a thing');
  expect(made?.description).toContain(`--certificate-identity ${identity} `);
  const sbom = made?.links.find(({ name }) => name === 'sbom-arm64.cdx.json')?.url ?? '';
  expect(await (await fetch(sbom, { headers: { 'private-token': gitlab.token } })).text()).toBe('sbom of arm64');
  const npm = gitlab.state.packages.packages(project()).find(({ package_type: type }) => type === 'npm');
  expect(npm).toMatchObject({ name: 'vendhost', version: '1.2.3', files: [{ file_name: 'vendhost-1.2.3.tgz' }] });
  await release(image, 'notes', 'notes.md');
  expect(await readFile(join(checkout(), 'notes.md'), 'utf8')).toBe(made?.description);
});

test('a release whose calls are lost, once done and once not, ends the same when it is run again', async () => {
  const image = `${registry.host}/acme/lost`;
  await prepare(image);
  const lose = (on: RegExp) => {
    for (const isDone of [false, true]) gitlab.state.outages.add({ kind: 'half-an-answer', times: 1, on, isDone });
  };
  const mine = await signing();
  /** Runs it until nothing fails; more often would be a step that never ends. */
  const repeat = async (verb: string) => {
    const runs: string[] = [];
    for (let left = 8; left > 0; left -= 1) {
      const { code, lines } = await release(image, verb, ...mine);
      if (code === 0) return;
      runs.push(lines.join('\n'));
    }
    expect.fail(`${verb} never ends:\n${runs.join('\n\n')}`);
  };
  lose(/^PUT .*\/sbom/);
  lose(/^PUT .*\.sigstore\.json/);
  await repeat('tag');
  await checkOut('v1.2.3');
  for (const on of [/^PUT .*\/npm\//, /^POST .*\/releases$/, /^POST .*\/assets\/links$/]) lose(on);
  await repeat('publish');
  expect(gitlab.state.outages.left).toBe(0);
  expect(await release(image, 'publish')).toEqual({ code: 0, lines: ['everything is there'] });
  const [made, ...others] = gitlab.state.packages.releases(project());
  expect(others).toEqual([]);
  expect(made?.links.map(({ name }) => name).sort()).toEqual([
    'provenance-amd64.json',
    'provenance-amd64.sigstore.json',
    'provenance-arm64.json',
    'provenance-arm64.sigstore.json',
    'sbom-amd64.cdx.json',
    'sbom-arm64.cdx.json',
  ]);
  expect(gitlab.state.packages.packages(project()).filter(({ package_type: type }) => type === 'npm')).toHaveLength(1);
  for (const arch of ['amd64', 'arm64']) {
    const bundles = await uploads(`provenance-${arch}.sigstore.json`);
    expect(bundles.map((bundle) => sigstore.verify(bundle).issuer)).toEqual([gitlab.address]);
  }
});

test('where nobody believes the ID token the release says that it is not signed, and why; a Sigstore that is ill stops it before the tag', async () => {
  const image = `${registry.host}/acme/unsigned`;
  await prepare(image);
  const mine = await signing();
  sigstore.outages.add({ kind: 'sign-in-page', times: 1, on: /signingCert/ });
  const ill = await release(image, 'tag', ...mine);
  expect([ill.code, ill.lines.at(-1)]).toEqual([
    1,
    expect.stringContaining(`cannot sign: ${sigstore.address}: error creating signing certificate: `),
  ]);
  const wrong = { subject: [{ digest: { sha256: 'f'.repeat(64) } }] };
  const provenance = '.cache/image/amd64/provenance.json';
  const right = await readFile(join(checkout(), provenance), 'utf8');
  await write({ [provenance]: JSON.stringify(wrong) });
  const other = await release(image, 'tag', ...mine);
  expect([other.code, other.lines.at(-1)]).toEqual([
    1,
    expect.stringMatching(/^provenance\.json of amd64 is not about sha256:[0-9a-f]{64}: build the image again$/),
  ]);
  await write({ [provenance]: right });
  expect(await remoteTag('v1.2.3')).toBeUndefined();
  const said = `not signed: ${unsigned()}`;
  const tagged = await release(image, 'tag');
  expect([tagged.code, tagged.lines[0]]).toEqual([0, said]);
  await checkOut('v1.2.3');
  const published = await release(image, 'publish');
  expect([published.code, published.lines[0]]).toEqual([0, said]);
  const notes = () => gitlab.state.packages.releases(project())[0]?.description;
  expect(notes()).toContain(`\nThe provenance is ${said}.\n`);
  // A job that may sign is retried later: the release follows.
  await git('checkout', '--quiet', 'cut/1.2.3');
  expect((await release(image, 'tag', ...mine)).code).toBe(0);
  await checkOut('v1.2.3');
  expect(await release(image, 'publish', '--fulcio', sigstore.address, '--rekor', sigstore.address)).toEqual({
    code: 0,
    lines: ['edit the release v1.2.3', ...['amd64', 'arm64'].map((arch) => `link provenance-${arch}.sigstore.json`)],
  });
  expect(notes()).toContain('--trusted-root trusted_root.json');
});

test('images that a repeated job built change nothing; another commit under the same version is refused', async () => {
  const image = `${registry.host}/acme/again`;
  await prepare(image);
  expect((await release(image, 'tag')).code).toBe(0);
  const before = registry.tags('acme/again');
  await pushImages(image, 'another-build');
  expect(await release(image, 'tag')).toEqual({
    code: 0,
    lines: [`not signed: ${unsigned()}`, 'everything is there'],
  });
  await git('commit', '--quiet', '--allow-empty', '--message', 'one more');
  const { code, lines } = await release(image, 'tag');
  expect(code).toBe(1);
  expect(lines[0]).toMatch(/^the registry has 1\.2\.3 of [0-9a-f]{40}, not of [0-9a-f]{40}: take the next version$/);
  expect(registry.tags('acme/again')).toEqual(before);
});

test('a GitLab and a registry that are busy are asked again, each call', async () => {
  const image = `${registry.host}/acme/busy`;
  await prepare(image);
  const busy = { kind: 'too-many-requests', times: 1, retryAfter: 0 } as const;
  const down = { kind: 'unavailable', times: 1, retryAfter: 0 } as const;
  for (const on of [/^GET .*\/packages$/, /^PUT .*\/generic\//]) gitlab.state.outages.add({ ...busy, on });
  for (const on of [/^GET .*\/manifests\//, /^GET .*\/blobs\//, /^PUT /]) registry.outages.add({ ...down, on });
  const tagged = await release(image, 'tag');
  expect(tagged.code, tagged.lines.join('\n')).toBe(0);
  await checkOut('v1.2.3');
  for (const on of [/^GET .*\/releases$/, /^POST .*\/releases$/, /^POST .*\/assets\/links$/]) {
    gitlab.state.outages.add({ ...busy, on });
  }
  // Somebody made the moving tag by hand, as an annotated one.
  await git('tag', '--annotate', 'v1', 'cut/1.2.3', '--message', 'the first');
  await git('push', '--quiet', remote(), 'v1');
  const published = await release(image, 'publish');
  expect(published.code, published.lines.join('\n')).toBe(0);
  expect(await remoteTag('v1')).toBe(await git('rev-parse', 'HEAD'));
  expect([gitlab.state.outages.left, registry.outages.left]).toEqual([0, 0]);
  expect(tagged.lines).toContain('GitLab answers 429: waiting 0 s to ask it again');
  expect(tagged.lines).toContain(`${registry.host} answers 503: waiting 0 s to ask it again`);
});

test('an answer that is none of a registry, or of other bytes than its digest says, is an error that says so', async () => {
  const image = `${registry.host}/acme/half`;
  await prepare(image);
  expect((await release(image, 'tag')).code).toBe(0);
  for (const [kind, on, message] of [
    ['sign-in-page', /manifests\/1/, 'does not answer as a registry does (text/html, '],
    ['half-an-answer', /manifests\/1/, 'does not answer as a registry does (application/json, 14 bytes)'],
    ['half-an-answer', /blobs\//, /answers with sha256:\w+ \(application\/json\), not with sha256:/],
  ] as const) {
    registry.outages.add({ kind, times: 1, on });
    const { code, lines } = await release(image, 'tag');
    expect(code).toBe(1);
    expect(lines[0]).toMatch(message);
    expect(registry.outages.left).toBe(0);
  }
});

test('who is not there, or refuses, is named with what was asked of them', async () => {
  await prepare(`${registry.host}/acme/refused`);
  // Nothing listens on port 1 of loopback.
  const nobody = await release('127.0.0.1:1/acme/refused', 'tag');
  expect([nobody.code, nobody.lines[0]]).toEqual([
    1,
    expect.stringMatching(/^cannot read 127\.0\.0\.1:1\/acme\/refused:1\.2\.3: 127\.0\.0\.1:1 does not answer: /),
  ]);
  const stranger = await release(`${registry.host}/acme/refused`, 'tag', { VENDHOST_RELEASE_TOKEN: 'glpat-of-nobody' });
  expect([stranger.code, stranger.lines]).toEqual([
    1,
    [
      `cannot read the packages of acme/vendhost: ${gitlab.address} answers 401`,
      '401 Unauthorized',
      expect.stringMatching(/^hint: VENDHOST_RELEASE_TOKEN must be of a Maintainer/),
    ],
  ]);
});

test('a cut goes forward only, and begins with a checkout without changes, as one that was stopped has', async () => {
  await prepare(`${registry.host}/acme/cut`);
  const unreleased =
    '# Changelog\n\n## Unreleased\n\n### Added\n- more\n\n## 1.2.3 - 2026-02-03\n\n### Added\n- a thing\n';
  await write({ 'CHANGELOG.md': unreleased, 'package-lock.json': '{"version":"1.2.3","packages":{"":{}}}\n' });
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'more');
  const back = await release('-', 'cut', '1.2.2');
  expect([back.code, back.lines[0]]).toEqual([
    1,
    '1.2.2 is before 1.2.3, the version of this checkout: take a later one',
  ]);
  await write({ 'README.md': '# Vendhost 1.3.0\n' });
  const stopped = await release('-', 'cut', '1.3.0');
  expect([stopped.code, stopped.lines[0]]).toEqual([
    1,
    expect.stringMatching(/^not committed: README\.md: .*git restore/),
  ]);
  await git('restore', '.');
  expect((await release('-', 'cut', '1.3.0')).code).toBe(0);
  expect(await git('diff', '--name-only')).toBe(
    [
      'CHANGELOG.md',
      'ci-templates/tenant.gitlab-ci.yml',
      'package-lock.json',
      'package.json',
      'templates/tenant.yml',
    ].join('\n'),
  );
});

test('a registry that refuses the login is named, the password is not', async () => {
  await prepare(`${registry.host}/acme/login`);
  const wrong = { ...login, password: 'wrong-password' };
  const node = join(projectRoot, 'node_modules/.bin/node');
  const env = {
    CI_API_V4_URL: gitlab.api,
    CI_PROJECT_PATH: path,
    VENDHOST_RELEASE_TOKEN: gitlab.token,
    CI_REGISTRY_IMAGE: `${registry.host}/acme/login`,
    CI_REGISTRY_USER: wrong.user,
    CI_REGISTRY_PASSWORD: wrong.password,
  };
  const { stderr, exitCode } = await execa(
    node,
    [join(projectRoot, 'docker/release/release.ts'), 'tag', '--remote', remote()],
    { cwd: checkout(), env, reject: false },
  );
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`${registry.host} answers 401`);
  expect(stderr).not.toContain('wrong-password');
});
