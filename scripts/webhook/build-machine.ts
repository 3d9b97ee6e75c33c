import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { readPlatformFacts, readTenantRecord } from '../aws/read-facts.ts';
import { type Aws, openAws } from '../aws/session.ts';
import { keys, type Place } from '../config/names.ts';
import { type ExitCode, VendhostError } from '../errors.ts';
import { settleHealthCheck } from '../host/health/settle.ts';
import { provisionHost } from '../host/provision.ts';
import { findOrBake } from '../image/bake/bake-image.ts';
import { startRelease } from '../release/start.ts';
import { storeRevision } from '../revision/push.ts';
import type { Runtime } from '../runtime.ts';
import { makeTemporary } from '../temporary.ts';
import { type Branch, openBranch } from './clone.ts';
import { parseObject } from './function/webhook-secret.ts';
import { type ClonedPush, clonedPushSchema, halfOfBuild, overtaken, runtimeOfPush } from './reported-push.ts';

/** The variable in which EventBridge gives the build the key of what was written. */
const keyVariable = 'VENDHOST_MACHINE_KEY';

/**
 * The build of a machine: bakes, provisions, pushes and releases what a push has, with the same commands as the jobs of a project that has a
 * runner, one after the other. Of a tenant with two projects it bakes and provisions: the software comes from the other project.
 */
export async function buildMachine(runtime: Runtime, place: Place): Promise<ExitCode | undefined> {
  const key = runtime.env[keyVariable] ?? '';
  if (!key.startsWith(keys.machineIntake(place.tenant)) || !key.endsWith('.tar.gz')) {
    throw new VendhostError('PUSH_UNREADABLE', `${keyVariable} "${key}" is no archive of ${place.tenant}'s intake`, {
      hint: 'this command runs in builds that a write to the intake starts: push to the branch',
    });
  }
  const aws = openAws(runtime);
  const directory = await makeTemporary('push');
  try {
    const { bucket } = await readPlatformFacts(aws, place.environment);
    const push = await readPush(aws, bucket, keys.pushOfMachine(key));
    await unpack(runtime, aws, { bucket, key, directory });
    const branch = await openBranch(runtime, aws, { place, branch: push.branch, directory });
    return await deployAll(runtime, aws, { push, branch, checkout: { ...place, directory, dryRun: false } });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Unpacked extends Place {
  readonly directory: string;
  readonly dryRun: false;
}

/** A bake takes minutes, in which a newer push may have been released: the branch is checked before each step. */
async function deployAll(
  runtime: Runtime,
  aws: Aws,
  { push, branch, checkout }: { push: ClonedPush; branch: Pick<Branch, 'head'>; checkout: Unpacked },
): Promise<ExitCode | undefined> {
  const ofPush = runtimeOfPush(runtime, push);
  let image: string | undefined;
  let revision: string | undefined;
  const machine = [
    async () => {
      image = (await findOrBake(ofPush, checkout))?.imageId;
      return undefined;
    },
    () => provisionHost(ofPush, { ...checkout, image }),
  ];
  const software = [
    async () => {
      const stored = await storeRevision(ofPush, checkout);
      revision = stored.key;
      return stored.code;
    },
    () => startRelease(ofPush, { ...checkout, revision }),
  ];
  // No release of this build follows that would set a health check which provisioning left to it.
  const settle = async () => {
    await settleHealthCheck(ofPush, aws, checkout, await readTenantRecord(aws, checkout));
    return undefined;
  };
  for (const step of [...machine, ...(halfOfBuild(runtime) === undefined ? software : [settle])]) {
    const head = await branch.head();
    if (head !== push.commit) return overtaken(runtime, push, head);
    const code = await step();
    if (code !== undefined) return code;
  }
  return undefined;
}

async function readPush(aws: Aws, bucket: string, key: string): Promise<ClonedPush> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const { Body } = await (await aws.s3()).send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const push = clonedPushSchema.safeParse(parseObject((await Body?.transformToString()) ?? ''));
  if (push.success) return push.data;
  throw new VendhostError('PUSH_UNREADABLE', `${key} does not say which push this build is for`, {
    hint: 'push to the branch, or resend the event in GitLab (Settings > Webhooks)',
  });
}

async function unpack(
  { signal }: Runtime,
  aws: Aws,
  { bucket, key, directory }: { bucket: string; key: string; directory: string },
): Promise<void> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const { Body } = await (await aws.s3()).send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const file = join(directory, '.archive.tar.gz');
  await pipeline(Body as Readable, createWriteStream(file), { signal });
  await execa('tar', ['--extract', '--gzip', '--file', file, '--no-same-owner'], {
    cwd: directory,
    cancelSignal: signal,
  });
  await rm(file);
}
