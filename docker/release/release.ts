import { glob, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VendhostError } from '../../scripts/errors.ts';
import { Output } from '../../scripts/output.ts';
import { changelogFaults, sectionOf } from './changelog.ts';
import { cutFaults, cutFiles, versionedFiles } from './cut.ts';
import { assetName, bundleName, imageFiles } from './files.ts';
import * as git from './git.ts';
import * as gitlab from './gitlab.ts';
import { readList, writeList } from './manifest-list.ts';
import { releaseNotes, type Signature } from './notes.ts';
import { publishPackage } from './npm.ts';
import { help, type ReleaseOptions, readReleaseOptions } from './options.ts';
import { templateFolders } from './pin.ts';
import { type BuiltImage, type CutStep, type Plan, type PublishStep, planCut, planPublish } from './plan.ts';
import { openRegistry, type Registry } from './registry.ts';
import { sign } from './sign.ts';
import { identityOf, isAbout, obstacle, publicIssuer, publicSigstore, signerOf } from './signing.ts';
import { cutTag, versionTag } from './version.ts';

interface World {
  readonly options: ReleaseOptions;
  readonly env: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly version: string;
  readonly checkout: git.Checkout;
  readonly out: Output;
  say(line: string): void;
}

async function readWorld(options: ReleaseOptions, env: NodeJS.ProcessEnv, out: Output): Promise<World> {
  const directory = process.cwd();
  const { version } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as { version: string };
  const remote = options.remote ?? (env.CI_PROJECT_URL ? `${env.CI_PROJECT_URL}.git` : 'origin');
  const token = env.VENDHOST_RELEASE_TOKEN;
  for (const secret of [token, env.SIGSTORE_ID_TOKEN]) if (secret !== undefined) out.redact(secret);
  const say = (line: string) => out.step(line);
  return { options, env, directory, version, checkout: { directory, remote, token }, out, say };
}

/** A variable that a job has. Throws when it is not set. */
function needed({ env }: World, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: docs/releasing.md says what it is`);
  return value;
}

function registryOf(world: World): Registry {
  const { CI_REGISTRY_USER: user, CI_REGISTRY_PASSWORD: password } = world.env;
  return openRegistry(needed(world, 'CI_REGISTRY_IMAGE'), user && password ? { user, password } : undefined, world.out);
}

/** What decides who signs. GitLab's address is its ID tokens' issuer unless another was set. */
const surroundings = (world: World) => ({
  server: needed(world, 'CI_API_V4_URL').replace(/\/api\/v4$/, ''),
  visibility: world.env.CI_PROJECT_VISIBILITY,
  own: world.options.sigstore,
});

const projectOf = (world: World): gitlab.Project => ({
  api: needed(world, 'CI_API_V4_URL'),
  project: needed(world, 'CI_PROJECT_PATH'),
  token: needed(world, 'VENDHOST_RELEASE_TOKEN'),
  out: world.out,
});

async function readText({ directory }: World, file: string): Promise<string> {
  return await readFile(join(directory, file), 'utf8');
}

async function readMatching(world: World, patterns: readonly string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const names: string[] = [];
  for await (const file of glob([...patterns], { cwd: world.directory })) names.push(file);
  for (const file of names.sort()) found[file] = await readText(world, file);
  return found;
}

async function cut(world: World): Promise<void> {
  const { options, version, say } = world;
  const to = options.operand;
  const faults = [
    ...cutFaults({ from: version, to, changed: await git.changedFiles(world.checkout) }),
    ...changelogFaults(await readText(world, 'CHANGELOG.md'), to),
  ];
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const texts = await readMatching(world, ['CHANGELOG.md', 'package.json', 'package-lock.json', ...versionedFiles]);
  const changed = cutFiles(texts, { from: version, to, day: new Date().toISOString().slice(0, 10) });
  for (const [file, text] of Object.entries(changed)) {
    say(`${options.dryRun ? 'would write' : 'wrote'} ${file}`);
    if (!options.dryRun) await writeFile(join(world.directory, file), text);
  }
  say(`then: review and merge this, tag the merged commit ${cutTag(to)}, push the tag`);
}

async function tag(world: World): Promise<void> {
  const { options, version, checkout } = world;
  const registry = registryOf(world);
  const signer = signerOf(surroundings(world), world.env.SIGSTORE_ID_TOKEN);
  const plan = async () => {
    const [head, tags, list, built, changelog, uploaded] = await Promise.all([
      git.head(checkout),
      git.remoteTags(checkout),
      readList(registry, version),
      builtImages(world),
      readText(world, 'CHANGELOG.md'),
      gitlab.uploadedFiles(projectOf(world), version),
    ]);
    const { architectures } = options;
    return planCut({
      ...{ version, head, list, built, architectures },
      notUploaded: architectures.filter((arch) => imageFiles.some((file) => !uploaded.includes(assetName(file, arch)))),
      notSigned: architectures.filter((arch) => !uploaded.includes(bundleName(arch))),
      unsigned: 'unsigned' in signer ? signer.unsigned : undefined,
      pinned: list === undefined ? undefined : await git.pinnedCommit(checkout, version, list.digest),
      pipelineTag: world.env.CI_COMMIT_TAG || undefined,
      changes: sectionOf(changelog, version),
      tagged: tags.get(versionTag(version)),
    });
  };
  await follow(world, plan, describeCut, async (step) => {
    if (step.do === 'upload') {
      const at = projectOf(world);
      for (const file of imageFiles) {
        const text = await readText(world, join(options.images, step.arch, file));
        await gitlab.uploadFile(at, version, assetName(file, step.arch), text);
      }
    } else if (step.do === 'sign') {
      if ('unsigned' in signer) throw new Error(`cannot sign: ${signer.unsigned}`);
      const statement = await readText(world, join(options.images, step.arch, 'provenance.json'));
      if (!isAbout(statement, step.digest))
        throw new Error(`provenance.json of ${step.arch} is not about ${step.digest}: build the image again`);
      await gitlab.uploadFile(projectOf(world), version, bundleName(step.arch), await sign(statement, signer));
    } else if (step.do === 'list') {
      await writeList(registry, step.tag, step.images);
    } else {
      const list = await readList(registry, version);
      if (list === undefined) throw new Error(`${registry.name} has no ${version}, which was written just now`);
      await git.pushVersionTag(checkout, step.tag, await git.pinnedCommit(checkout, version, list.digest));
    }
  });
}

async function builtImages(world: World): Promise<BuiltImage[]> {
  const found = await readMatching(world, [join(world.options.images, '*/image.json')]);
  return Object.values(found).map((text) => {
    const { arch, digest, version, commit } = JSON.parse(text) as BuiltImage;
    return { arch, digest, version, commit };
  });
}

function describeCut(step: CutStep): string {
  if (step.do === 'upload') return `upload ${imageFiles.join(' and ')} of ${step.arch}`;
  if (step.do === 'sign') return `sign the provenance of ${step.arch}, and upload the signature`;
  if (step.do === 'list')
    return `write the manifest list ${step.tag} of ${step.images.map(({ arch }) => arch).join(' and ')}`;
  return `push the tag ${step.tag}, whose templates name the list by its digest`;
}

async function readRelease(world: World) {
  const { version, checkout } = world;
  const registry = registryOf(world);
  const [head, list, templates, changelog, uploaded] = await Promise.all([
    git.head(checkout),
    readList(registry, version),
    readMatching(
      world,
      templateFolders.map((folder) => `${folder}/*.yml`),
    ),
    readText(world, 'CHANGELOG.md'),
    gitlab.uploadedFiles(projectOf(world), version),
  ]);
  const named = Object.values(templates).map(
    (text) => /^ {2}image: \$\[\[ inputs\.image \]\]@(\S+)/m.exec(text)?.[1] ?? 'no digest',
  );
  const [project, api] = [needed(world, 'CI_PROJECT_PATH'), needed(world, 'CI_API_V4_URL')];
  const bundles = (list?.images ?? []).map(({ arch }) => bundleName(arch)).filter((name) => uploaded.includes(name));
  const signature = signatureOf(world, bundles.length > 0 && bundles.length === list?.images.length);
  const description = releaseNotes({
    ...{ version, project, image: registry.name, commit: head },
    digest: list?.digest ?? 'none',
    images: list?.images ?? [],
    npm: gitlab.npmRegistry({ api, project }),
    signature,
    changes: sectionOf(changelog, version) ?? '',
  });
  const unsigned = 'unsigned' in signature ? signature.unsigned : undefined;
  return { head, list, named: [...new Set(named)], bundles, unsigned, description };
}

function signatureOf(world: World, isSigned: boolean): Signature | { readonly unsigned: string } {
  const { server, own, visibility } = surroundings(world);
  if (!isSigned)
    return { unsigned: obstacle({ server, own, visibility }) ?? 'its signatures are not in the package registry' };
  const config = world.env.CI_CONFIG_PATH || '.gitlab-ci.yml';
  const identity = identityOf(server, needed(world, 'CI_PROJECT_PATH'), config, world.version);
  return {
    identity,
    issuer: server,
    isPublic: own === undefined ? server === publicIssuer : own.fulcio === publicSigstore.fulcio,
  };
}

async function publish(world: World): Promise<void> {
  const { version, checkout, directory } = world;
  const at = projectOf(world);
  const { description, bundles, ...local } = await readRelease(world);
  const names = (local.list?.images ?? []).flatMap(({ arch }) => imageFiles.map((file) => assetName(file, arch)));
  const links = [...names, ...bundles].map((name) => ({ name, url: gitlab.fileAddress(at, version, name) }));
  const { files: packaged } = JSON.parse(await readText(world, 'package.json')) as { files: string[] };
  // npm adds these.
  const packed = [...packaged, 'package.json', 'README*', 'LICENSE*'];
  const plan = async () => {
    const [tags, changed, isPackaged, uploaded, release] = await Promise.all([
      git.remoteTags(checkout),
      git.changedFiles(checkout, packed),
      gitlab.isPackaged(at, 'vendhost', version),
      gitlab.uploadedFiles(at, version),
      gitlab.readRelease(at, versionTag(version)),
    ]);
    return planPublish({
      ...local,
      version,
      tags,
      changed,
      isPackaged,
      uploaded,
      release,
      wanted: { description, links },
    });
  };
  await follow(world, plan, describePublish, async (step) => {
    if (step.do === 'package') await publishPackage(directory, at, step.distTag);
    else if (step.do === 'link') await gitlab.writeLink(at, versionTag(version), step.link, step.id);
    else if (step.do === 'move') await git.moveTag(checkout, local.head, step);
    else await gitlab.writeRelease(at, step.tag, description, step.do === 'create-release');
  });
}

function describePublish(step: PublishStep): string {
  if (step.do === 'package') return `publish the npm package as ${step.distTag}`;
  if (step.do === 'link') return `link ${step.link.name}`;
  if (step.do === 'move') return `move the tag ${step.tag}${step.from === '' ? '' : ` from ${step.from}`}`;
  return `${step.do === 'create-release' ? 'create' : 'edit'} the release ${step.tag}`;
}

/** Prints the plan, applies it, and checks again: a success response may be a proxy's. Throws faults as one error. */
async function follow<Step>(
  { options, say }: World,
  plan: () => Promise<Plan<Step>>,
  describe: (step: Step) => string,
  apply: (step: Step) => Promise<void>,
): Promise<void> {
  const { faults, notices, steps } = await plan();
  if (faults.length > 0) throw new Error(faults.join('\n'));
  for (const notice of notices) say(notice);
  if (steps.length === 0) say('everything is there');
  for (const step of steps) {
    say(options.dryRun ? `would ${describe(step)}` : describe(step));
    if (!options.dryRun) await apply(step);
  }
  if (options.dryRun || steps.length === 0) return;
  const left = await plan();
  const missing = [...left.faults, ...left.steps.map((step) => `not done: ${describe(step)}`)];
  if (missing.length > 0) throw new Error(`${missing.join('\n')}\nrun the command again`);
}

async function notes(world: World): Promise<void> {
  await writeFile(world.options.operand, (await readRelease(world)).description);
}

if (import.meta.main) {
  const write = (text: string) => void process.stderr.write(text);
  const out = new Output({ stdout: write, stderr: write });
  try {
    const options = readReleaseOptions(process.argv.slice(2));
    if (options === undefined) process.stdout.write(`${help}\n`);
    else await { cut, tag, notes, publish }[options.verb](await readWorld(options, process.env, out));
  } catch (error) {
    // Each fault of a plan is a line.
    for (const line of String(error instanceof Error ? error.message : error).split('\n')) out.error(line);
    if (error instanceof VendhostError) for (const line of [...error.details, `hint: ${error.hint}`]) out.error(line);
    process.exitCode = 1;
  }
}
