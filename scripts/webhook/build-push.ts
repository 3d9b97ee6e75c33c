import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { readPlatformFacts } from '../aws/read-facts.ts';
import { type Aws, openAws } from '../aws/session.ts';
import { keys, names, type Place } from '../config/names.ts';
import { type ExitCode, VendhostError } from '../errors.ts';
import { checkHost } from '../release/pipeline.ts';
import { pushRevision } from '../revision/push.ts';
import { uploadOnce } from '../revision/upload.ts';
import type { Runtime } from '../runtime.ts';
import { makeTemporary } from '../temporary.ts';
import { openBranch } from './clone.ts';
import { type ClonedPush, halfOfBuild, overtaken, reportedPush, runtimeOfPush } from './reported-push.ts';

/**
 * The build of a push that GitLab reported: clones, and uploads a revision to the intake of the pipeline, or, if the virtual host does not
 * match the push, the whole commit to the intake of the machine. With two projects, the software's only makes revisions, whatever else it
 * contains, and the infrastructure's goes to the machine. A push that a newer one has overtaken is left to the newer one's build.
 */
export async function buildPush(runtime: Runtime, place: Place): Promise<ExitCode | undefined> {
  const push = reportedPush(runtime);
  const aws = openAws(runtime);
  const directory = await makeTemporary('push');
  try {
    runtime.out.step(`push ${push.commit} to ${push.branch} by ${push.author}`);
    const branch = await openBranch(runtime, aws, { place, branch: push.branch, directory });
    const cloned = await branch.clone();
    if (cloned !== push.commit) return overtaken(runtime, push, cloned);
    const ofMachine = await goesToMachine(runtimeOfPush(runtime, push), aws, { place, directory });
    // As late as possible: what is uploaded is deployed.
    const head = await branch.head();
    if (head !== push.commit) return overtaken(runtime, push, head);
    if (ofMachine) return await uploadMachine(runtime, aws, { place, push, directory });
    return await pushRevision(runtimeOfPush(runtime, push), {
      ...place,
      directory,
      dryRun: false,
      delivery: push.delivery,
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function goesToMachine(
  runtime: Runtime,
  aws: Aws,
  checkout: { place: Place; directory: string },
): Promise<boolean> {
  const half = halfOfBuild(runtime);
  if (half === undefined) return await machineIsOutdated(runtime, aws, checkout);
  // The machine's build finds out what is already baked and provisioned.
  if (half === 'infrastructure') return true;
  const host = names.host(checkout.place);
  await checkHost(aws, { application: host, group: host }, checkout.place);
  return false;
}

/** Whether the virtual host must be baked or provisioned before this push can run on it; prints why. */
async function machineIsOutdated(
  runtime: Runtime,
  aws: Aws,
  checkout: { place: Place; directory: string },
): Promise<boolean> {
  const { requireProvisioned } = await import('../host/key/require-provisioned.ts');
  try {
    await requireProvisioned(runtime, aws, checkout);
    return false;
  } catch (error) {
    if (!(error instanceof VendhostError) || error.code !== 'INFRASTRUCTURE_OUTDATED') throw error;
    runtime.out.step(error.message);
    for (const line of error.details) runtime.out.detail(line);
    return true;
  }
}

/**
 * Uploads what GitLab reported about the push, then the commit's git archive, which starts the build. If the archive already exists, somebody
 * resent the event, and the machine still differs from the push: its build failed or is still running. Then it is uploaded under another
 * name, because an existing object starts nothing.
 */
async function uploadMachine(
  { out, signal }: Runtime,
  aws: Aws,
  { place, push, directory }: { place: Place; push: ClonedPush; directory: string },
): Promise<undefined> {
  const { bucket } = await readPlatformFacts(aws, place.environment);
  const file = join(directory, '.git', 'archive.tar.gz');
  // The tenant's git attributes must not omit files: the hashes must match the checkout's, or each push would bake.
  await mkdir(join(directory, '.git', 'info'), { recursive: true });
  await writeFile(join(directory, '.git', 'info', 'attributes'), '* -export-ignore -export-subst\n');
  const words = ['archive', '--format=tar.gz', `--output=${file}`, push.commit];
  await execa('git', words, { cwd: directory, cancelSignal: signal });
  const json = Buffer.from(`${JSON.stringify(push, null, 2)}\n`);
  const described = { bytes: () => [json], type: 'application/json' };
  const archive = { bytes: () => createReadStream(file), type: 'application/gzip' };
  for (const name of [push.delivery, randomBytes(32).toString('hex')]) {
    const key = keys.machineArchive(place.tenant, name, push.commit);
    await uploadOnce(aws, { bucket, key: keys.pushOfMachine(key) }, described, signal);
    const bytes = await uploadOnce(aws, { bucket, key }, archive, signal);
    if (bytes === undefined) continue;
    out.result({ machineKey: key, uploaded: true }, `uploaded ${bytes} bytes\n${key}`);
    break;
  }
  return undefined;
}
