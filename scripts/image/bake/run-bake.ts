import type { Aws } from '../../aws/session.ts';
import { names } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import { pushOf } from '../../gitlab/ci-context.ts';
import type { Runtime } from '../../runtime.ts';
import { type BuilderParts, packerVariables } from '../builder/builder.ts';
import { makeBuilderGroup } from '../builder/builder-group.ts';
import { makeBuilderKey } from '../builder/builder-key.ts';
import { type Builder, launchBuilder } from '../builder/launch.ts';
import { cleanUp, endBuilder } from '../clean/clean-up.ts';
import { findImage } from '../find.ts';
import { makeImage } from '../make-image.ts';
import { build, packerTemplate } from '../packer/run-packer.ts';
import { makeStage, type Stage } from '../packer/stage.ts';
import { Transcript } from '../packer/transcript.ts';
import { writeRecord } from '../record.ts';
import { finishImage, verifyImage } from '../verify.ts';
import type { Lease } from './lease.ts';
import type { PreparedBake } from './prepare.ts';

export interface Baked {
  readonly imageId: string;
  /** `false`: it belongs to another run. */
  readonly baked: boolean;
}

/** What to bake, and the run that holds the lease. */
export interface BakeRun {
  readonly prepared: PreparedBake;
  readonly run: string;
  readonly lease: Pick<Lease, 'taker'>;
}

/**
 * Bakes the image, verifies and finishes it, and then puts it on record: from there on it is found. After a failure or
 * a cancel nothing is left in the account; nor when another run that took over the lease was faster: then its image is used.
 */
export async function runBake(runtime: Runtime, aws: Aws, { prepared, run, lease }: BakeRun): Promise<Baked> {
  const { place, bakeKey } = prepared;
  const imageName = names.image(place, bakeKey, run);
  const parts: BuilderParts = { ...prepared, run, imageName, aws, commit: pushOf(runtime.env).commit };
  const transcript = new Transcript(runtime.out);
  const stage = await makeStage(prepared.base, prepared.scripts);
  try {
    const imageId = await bake(runtime, aws, { parts, stage, transcript });
    await verifyImage(aws, prepared, imageId);
    // It may take minutes, and an image with its key but without its record would be made in vain: so it comes first.
    await endBuilder(aws, place, run);
    if (lease.taker !== undefined) runtime.out.warn(`${lease.taker.job} took over the lease of this bake`);
    const image = await publish(runtime, aws, prepared, imageId);
    if (!image.baked) await cleanUp(runtime, aws, place, run);
    runtime.out.detail(transcript.times);
    return image;
  } catch (thrown) {
    await transcript.end();
    await cleanUp(runtime, aws, place, run);
    throw thrown;
  } finally {
    await stage.remove();
  }
}

/** Puts the image on record, unless a usable one exists: the lease expires, and its loss shows too late. */
async function publish(runtime: Runtime, aws: Aws, prepared: PreparedBake, imageId: string): Promise<Baked> {
  const { owner, bakeKey, inputs } = prepared;
  const faster = async (): Promise<Baked | undefined> => {
    const image = await findImage(aws, owner, bakeKey);
    if (image === undefined || image.faults.length > 0) return undefined;
    runtime.out.step(`another run baked ${image.imageId} meanwhile: it is used instead of ${imageId}`);
    return { imageId: image.imageId, baked: false };
  };
  const known = await faster();
  if (known !== undefined) return known;
  await finishImage(runtime, aws, prepared, imageId);
  try {
    await writeRecord(aws, owner, bakeKey, { imageId, inputs });
    return { imageId, baked: true };
  } catch (thrown) {
    const image = thrown instanceof VendhostError && thrown.code === 'RECORD_CHANGED' ? await faster() : undefined;
    if (image === undefined) throw thrown;
    return image;
  }
}

interface Bake {
  readonly parts: BuilderParts;
  readonly stage: Stage;
  readonly transcript: Transcript;
}

/** Starts the builder, runs the scripts on it, and makes the image. */
async function bake(runtime: Runtime, aws: Aws, { parts, stage, transcript }: Bake): Promise<string> {
  await transcript.begin('launch');
  const privateKey = await stage.writeKey(await makeBuilderKey(aws, parts));
  const securityGroup = await makeBuilderGroup(aws, parts);
  const builder = await launchBuilder(runtime, aws, { ...parts, securityGroup });
  await runScripts(runtime, { parts, stage, transcript }, builder, privateKey);
  await transcript.begin('image');
  const imageId = await makeImage(runtime, aws, parts, builder.instanceId);
  await transcript.end();
  return imageId;
}

async function runScripts(
  runtime: Runtime,
  { parts, stage, transcript }: Bake,
  { host }: Builder,
  privateKey: string,
): Promise<void> {
  const succeeded = await build(runtime, {
    template: packerTemplate,
    variablesFile: await stage.writeVariables(packerVariables({ ...parts, stage: stage.folder, host, privateKey })),
    temporaryDirectory: stage.temporaryDirectory,
    async onEvent(event) {
      // When Packer is cancelled, it may crash verbosely.
      if (!(runtime.signal.aborted && event.kind === 'error')) await transcript.accept(event);
    },
  });
  runtime.signal.throwIfAborted();
  if (!succeeded) throw transcript.failure();
}
