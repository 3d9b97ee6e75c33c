import type { BlockDeviceMapping, Image, RegisterImageCommandInput } from '@aws-sdk/client-ec2';
import { answered } from '../../aws/answers.ts';
import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import type { PlatformFacts } from '../../config/facts.ts';
import { keys, names } from '../../config/names.ts';
import type { NamedImage } from '../../config/stored.ts';
import { messageOf } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { Lease, takeLease } from '../bake/lease.ts';
import { newRun } from '../bake-run.ts';
import { tagList } from '../builder/launch.ts';
import { describeImages } from '../describe.ts';
import { bakeKeyOf, tagOf } from '../image-faults.ts';
import { type ImageOwner, namedImages, readRecord, writeRecord } from '../record.ts';
import { untilAvailable } from '../until-available.ts';
import { finishImage, verifyImage } from '../verify.ts';
import { copyDisk } from './copy-disk.ts';
import { copyFailed } from './copy-faults.ts';
import type { WantedCopy } from './copy-plan.ts';
import { adopt, type CopyRoute, type CopyRun, copyTags, findCopyTraces } from './copy-traces.ts';

/** Longest time to wait for a bake or another copy of the same bake key, and for the copy to be available. */
const waitLimitMs = 3 * 60 * 60_000;

/**
 * Copies an image, and records the copy in place of an image baked from the same inputs. It holds the lease of the bake key, so that no bake or other
 * copy does the same work. It resumes what a dead run left; the next run or `image clean` removes what this one leaves.
 */
export async function copyImage(
  runtime: Runtime,
  route: CopyRoute,
  { owner, facts }: { owner: ImageOwner; facts: PlatformFacts },
  wanted: WantedCopy,
): Promise<string> {
  const aws = route.to;
  const { out, env } = runtime;
  const { bakeKey, inputs, from, source, account, place } = wanted;
  const run = newRun();
  const lease = await waitForLease(runtime, aws, owner, { bakeKey, run });
  try {
    const copy = { wanted, run, traces: await findCopyTraces(aws, wanted) };
    const imageId = await madeImage(runtime, route, copy);
    await verifyImage(aws, { facts }, imageId);
    await finishImage(runtime, aws, { place, source: { name: `${source.ImageId} of ${from}` }, bakeKey }, imageId);
    const promotedFrom = {
      ...{ environment: from, image: source.ImageId ?? '', account },
      ...{ job: env.CI_JOB_URL ?? '', at: new Date().toISOString() },
    };
    const earlier = await earlierImages(aws, owner, bakeKey, imageId);
    await writeRecord(aws, owner, bakeKey, { imageId, inputs, promotedFrom, ...(earlier.length > 0 && { earlier }) });
    return imageId;
  } finally {
    await lease.release().catch((thrown: unknown) => out.warn(`cannot give the lease back: ${messageOf(thrown)}`));
  }
}

/** What the record names besides the copy, and EC2 still has: releases that ran on it go back to it. */
async function earlierImages(aws: Aws, owner: ImageOwner, bakeKey: string, imageId: string): Promise<NamedImage[]> {
  const record = await readRecord(aws, owner, bakeKey);
  const others = record === undefined ? [] : namedImages(record).filter((named) => named.imageId !== imageId);
  if (others.length === 0) return [];
  const present = await describeImages(
    aws,
    others.map((named) => named.imageId),
  );
  return others.filter((named) => present.has(named.imageId));
}

async function waitForLease(
  runtime: Runtime,
  aws: Aws,
  { place, bucket }: ImageOwner,
  { bakeKey, run }: { bakeKey: string; run: string },
): Promise<Lease> {
  const lease = { aws, bucket, key: keys.bakeLease(place.tenant, bakeKey) };
  const holder = { run, job: runtime.env.CI_JOB_URL ?? 'a run outside GitLab' };
  return await poll({
    what: `another job's bake or copy of ${bakeKey.slice(0, 12)}`,
    pace: aws.pace,
    limitMs: waitLimitMs,
    signal: runtime.signal,
    async check() {
      const taken = await takeLease(lease, holder);
      return taken instanceof Lease ? taken : undefined;
    },
  });
}

/** The image of a run that died before recording it, or a new one. */
async function madeImage(runtime: Runtime, route: CopyRoute, copy: CopyRun): Promise<string> {
  const aws = route.to;
  const begun = copy.traces.images.find((image) => isCopy(image, copy.wanted));
  if (begun?.ImageId !== undefined) await adopt(aws, copy.run, [begun.ImageId, ...snapshotsOf(begun)]);
  const imageId = begun?.ImageId ?? (await register(runtime, route, copy));
  const limit = { limitMs: waitLimitMs, signal: runtime.signal };
  await untilAvailable(aws, imageId, limit, (reason) =>
    copyFailed(`EC2 made no image ${imageId} of the copies: ${reason}`),
  );
  return imageId;
}

/** Whether it is, or will be, the image that is wanted. One of another bake key has another key of KMS, or is of other inputs, and may be in use. */
function isCopy(image: Image, { bakeKey }: WantedCopy): boolean {
  const isAlive = image.State === 'available' || image.State === 'pending';
  return isAlive && [undefined, bakeKey].includes(bakeKeyOf(image));
}

async function register(runtime: Runtime, route: CopyRoute, copy: CopyRun): Promise<string> {
  const { RegisterImageCommand } = await import('@aws-sdk/client-ec2');
  const { source } = copy.wanted;
  runtime.out.step(`copying the disks of ${source.ImageId}`);
  const disks = new Map<string, string>();
  for (const snapshot of new Set(snapshotsOf(source)))
    disks.set(snapshot, await copyDisk(runtime, route, copy, snapshot));
  const request = registration(copy.wanted, copy.run, disks);
  const ec2 = await route.to.ec2();
  const made = await ec2.send(new RegisterImageCommand(request)).catch(async (error: unknown) => {
    // RegisterImage has no token: the call is repeated after a lost response, and finds its own image. The name contains the run.
    if (!(error instanceof Error && error.name === 'InvalidAMIName.Duplicate')) throw error;
    const { images } = await findCopyTraces(route.to, copy.wanted);
    return { ImageId: images.find(({ Name }) => Name === request.Name)?.ImageId };
  });
  return answered(made.ImageId, 'EC2 RegisterImage', 'an image');
}

/** The request for an image like the source, from the copies of its snapshots. */
export function registration(
  wanted: WantedCopy,
  run: string,
  disks: ReadonlyMap<string, string>,
): RegisterImageCommandInput {
  const { source, place, bakeKey, from, encryptionKey } = wanted;
  const { Architecture, RootDeviceName, EnaSupport, SriovNetSupport, BootMode, TpmSupport } = source;
  const name = names.image(place, bakeKey, run);
  const commit = tagOf(source, 'vendhost:commit');
  const tags = {
    ...copyTags(wanted, run),
    Name: name,
    'vendhost:source-ami': wanted.inputs.sourceAmi,
    ...(commit === undefined ? {} : { 'vendhost:commit': commit }),
  };
  return {
    Name: name,
    Description: `${source.ImageId} of ${from}`,
    VirtualizationType: 'hvm',
    ImdsSupport: 'v2.0',
    ...(Architecture && { Architecture }),
    ...(RootDeviceName && { RootDeviceName }),
    ...(EnaSupport === undefined ? {} : { EnaSupport }),
    ...(SriovNetSupport && { SriovNetSupport }),
    ...(BootMode && { BootMode }),
    ...(TpmSupport && { TpmSupport }),
    BlockDeviceMappings: (source.BlockDeviceMappings ?? []).map((each) => mappingOf(each, disks, encryptionKey)),
    TagSpecifications: [{ ResourceType: 'image', Tags: tagList(tags) }],
  };
}

/** Key and encryption are those of the snapshot; a disk that starts empty has none, and says which. */
function mappingOf(
  { DeviceName, Ebs, VirtualName }: BlockDeviceMapping,
  disks: ReadonlyMap<string, string>,
  encryptionKey: string,
) {
  if (Ebs === undefined) return { DeviceName, ...(VirtualName && { VirtualName }) };
  const { Encrypted: _encrypted, KmsKeyId: _key, OutpostArn: _outpost, SnapshotId, ...rest } = Ebs;
  if (SnapshotId === undefined) return { DeviceName, Ebs: { ...rest, Encrypted: true, KmsKeyId: encryptionKey } };
  return { DeviceName, Ebs: { ...rest, SnapshotId: disks.get(SnapshotId) } };
}

function snapshotsOf({ BlockDeviceMappings = [] }: Pick<WantedCopy['source'], 'BlockDeviceMappings'>): string[] {
  return BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
}
