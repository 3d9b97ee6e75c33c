import { withAudit } from '../audit/with-audit.ts';
import { readPlatformFacts, readTenantRecord } from '../aws/read-facts.ts';
import type { Aws } from '../aws/session.ts';
import type { PlatformFacts } from '../config/facts.ts';
import { readVendhostConfig } from '../config/files.ts';
import { names, type Place } from '../config/names.ts';
import { messageOf, VendhostError } from '../errors.ts';
import { readOwnImage } from '../host/instances/own-image.ts';
import { interruptions } from '../host/key/look-up.ts';
import { provision } from '../host/provision.ts';
import { readBakedImage } from '../image/baked-image.ts';
import { copyFailed, ebsReason } from '../image/copy/copy-faults.ts';
import { copyImage } from '../image/copy/copy-image.ts';
import { type CopyPlan, planCopy, wantedCopy } from '../image/copy/copy-plan.ts';
import { type DiskSize, diskWords, measureDisk } from '../image/copy/disk-blocks.ts';
import { findImage } from '../image/find.ts';
import { markChosen } from '../image/record.ts';
import type { Runtime } from '../runtime.ts';
import { readStack } from '../stack/stack-state.ts';
import type { OpenPlace } from './compare-images.ts';

/** What happens to the image when a revision is promoted with it. */
export interface ImageStep {
  readonly facts: PlatformFacts;
  /** The image there. */
  readonly source: string;
  readonly copy: CopyPlan;
  /** What must be copied, by snapshot; empty if nothing. */
  readonly disks: Readonly<Record<string, DiskSize>>;
  /** The image that instances start from here; empty if there are none. */
  readonly present: string;
  /** A roll-out did not finish, for example because its job was killed. */
  readonly isUnfinished: boolean;
}

/**
 * Plans the steps after which this environment runs on the other one's image. Throws `IMAGE_PROMOTION_OFF` if the
 * tenant's roles may not copy it, and what `wantedCopy` throws.
 */
export async function planImageStep(
  there: OpenPlace,
  here: OpenPlace,
  { source, directory }: { readonly source: string; readonly directory: string },
): Promise<ImageStep> {
  const { aws, place, bucket } = here;
  const [facts, record, account] = await Promise.all([
    readPlatformFacts(aws, place.environment),
    readTenantRecord(aws, place),
    there.aws.account(),
  ]);
  if (record.imagesFrom !== there.place.environment) throw promotionOff(place, there.place);
  if (source === '') throw unknownImage(there.place);
  const found = await readBakedImage(there.aws, there, source);
  const snapshots = await readSnapshots(there.aws, found.image?.BlockDeviceMappings ?? []);
  const { instances } = await readVendhostConfig(directory);
  const target = {
    ...{ place, from: there.place.environment, account },
    ...{ encryptionKey: facts['key-arn'], instanceType: instances.type },
  };
  const wanted = wantedCopy({ ...found, id: source, snapshots }, target);
  const [own, present = '', isUnfinished] = await Promise.all([
    findImage(aws, { place, bucket }, wanted.bakeKey),
    readOwnImage(aws, place),
    isInterrupted(aws, place),
  ]);
  const copy = planCopy(wanted, own);
  const disks = copy.kind === 'use' ? {} : await measureDisks(there, place, snapshots);
  return { facts, source, copy, disks, present, isUnfinished };
}

async function measureDisks(there: OpenPlace, here: Place, snapshots: readonly { readonly SnapshotId?: string }[]) {
  const ids = snapshots.flatMap(({ SnapshotId }) => SnapshotId ?? []);
  const sizes = ids.map(async (id) => [id, await measureDisk(there.aws, id)] as const);
  const measured = await Promise.all(sizes).catch((thrown: unknown) => {
    // With a reason of its own it is the key that cannot be used.
    const isRefused = thrown instanceof Error && thrown.name.startsWith('AccessDenied');
    if (isRefused && ebsReason(thrown) !== 'DEPENDENCY_ACCESS_DENIED') throw readingOff(here, there.place, thrown);
    if (ebsReason(thrown) === undefined) throw thrown;
    throw copyFailed(
      `the disks of the image in ${there.place.environment} cannot be read (${ebsReason(thrown)})`,
      thrown,
    );
  });
  return Object.fromEntries(measured);
}

async function isInterrupted(aws: Aws, place: Place): Promise<boolean> {
  const [host, data] = await Promise.all(
    (['host', 'data'] as const).map((layer) => readStack(aws, names.tenantStack(place, layer))),
  );
  return host !== undefined && interruptions(place, { host, data }).length > 0;
}

async function readSnapshots(aws: Aws, mappings: readonly { readonly Ebs?: { readonly SnapshotId?: string } }[]) {
  const ids = mappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
  if (ids.length === 0) return [];
  const { paginateDescribeSnapshots } = await import('@aws-sdk/client-ec2');
  const Filters = [{ Name: 'snapshot-id', Values: ids }];
  const found = [];
  for await (const { Snapshots = [] } of paginateDescribeSnapshots({ client: await aws.ec2() }, { Filters }))
    found.push(...Snapshots);
  return found;
}

/** Whether any step is left. */
export function isBrought(step: ImageStep): boolean {
  return isPresent(step) && !step.isUnfinished;
}

function isPresent({ copy, present }: ImageStep): boolean {
  return copy.kind === 'use' && copy.imageId === present;
}

export function imageStepWords(step: ImageStep): string {
  const { copy, source, present } = step;
  if (isBrought(step)) return `image ${present} is the copy of ${source}`;
  if (isPresent(step)) return `the roll-out of image ${present}, the copy of ${source}, is brought to its end`;
  const before = present === '' ? '' : `, in place of ${present}`;
  return copy.kind === 'use'
    ? `image ${copy.imageId}, the copy of ${source}, is rolled out${before}`
    : `image ${source} is copied (${Object.values(step.disks).map(diskWords).join('; ')}; bake key ${copy.wanted.bakeKey.slice(0, 12)}) and rolled out${before}`;
}

/** The same for programs. */
export function imageStepValue({ source, copy, present, disks }: ImageStep) {
  const bytes = Object.values(disks).reduce((sum, { blocks, blockSize }) => sum + blocks * blockSize, 0);
  return { source, ...(copy.kind === 'use' ? { copy: copy.imageId } : { disks, bytes }), present };
}

/**
 * Copies the image, unless a copy exists, and rolls it out: before the software, as each push does. Refuses if this checkout would change
 * more of the virtual host than its image (`INFRASTRUCTURE_OUTDATED`). Returns the image.
 */
export async function bringImage(
  runtime: Runtime,
  [there, { aws, place, bucket }]: readonly [there: OpenPlace, here: OpenPlace],
  step: ImageStep,
  { directory, reason }: { readonly directory: string; readonly reason: string },
): Promise<string> {
  const owner = { place, bucket };
  const { copy, facts, present, source } = step;
  const action = { action: 'release promote', target: 'image', before: present, reason };
  const work = async () => {
    const isKept = copy.kind === 'use' && (await markChosen(aws, owner, copy.bakeKey, copy.imageId));
    if (copy.kind === 'use' && !isKept) throw prunedMeanwhile(copy.imageId);
    const route = { from: there.aws, to: aws };
    const image = copy.kind === 'use' ? copy.imageId : await copyImage(runtime, route, { owner, facts }, copy.wanted);
    await provision(runtime, aws, { ...place, directory, image, dryRun: false, onlyImage: true });
    return image;
  };
  return await withAudit(
    runtime,
    aws,
    { ...action, place, bucket },
    work,
    (image) => `${image}, the copy of ${source}`,
  );
}

function promotionOff({ tenant, environment }: Place, there: Place): VendhostError {
  const message = `jobs of ${tenant} may not copy images of ${there.environment} to ${environment}`;
  return new VendhostError('IMAGE_PROMOTION_OFF', message, {
    details: [
      `the environment ${environment} of platform.yml needs \`images_from: ${there.environment}\`, its access stack deployed, and ${tenant} vended again`,
      'a tenant with two projects, or without a runner, has no job that could',
    ],
    hint: `ask the platform team; or promote the revision alone, without --image: ${environment} then runs on the image it bakes`,
  });
}

function readingOff({ tenant, environment }: Place, there: Place, cause: Error): VendhostError {
  const message = `jobs of ${tenant} may not read images of ${there.environment}`;
  return new VendhostError('IMAGE_PROMOTION_OFF', message, {
    details: [
      `with \`images_from: ${there.environment}\` of ${environment} the access stack of ${there.environment} needs to be deployed, too, and ${tenant} vended there again`,
      messageOf(cause),
    ],
    cause,
    hint: `ask the platform team; or promote the revision alone, without --image: ${environment} then runs on the image it bakes`,
  });
}

function unknownImage({ tenant, environment }: Place): VendhostError {
  return new VendhostError('IMAGE_NOT_PROMOTABLE', `it is not known which image ${tenant} runs on in ${environment}`, {
    hint: `release it in ${environment} again: the record of that release has the image`,
  });
}

function prunedMeanwhile(image: string): VendhostError {
  return new VendhostError('IMAGE_COPY_FAILED', `${image} was pruned since it was found`, {
    hint: 'run the job again: it copies the image again',
  });
}
