import type { Aws } from '../../aws/session.ts';
import { names } from '../../config/names.ts';
import { pushOf } from '../../gitlab/ci-context.ts';
import type { Runtime } from '../../runtime.ts';
import { type BuilderParts, packerVariables } from '../builder/builder.ts';
import { makeBuilderGroup } from '../builder/builder-group.ts';
import { makeBuilderKey } from '../builder/builder-key.ts';
import { type Builder, launchBuilder } from '../builder/launch.ts';
import { cleanUp, endBuilder } from '../clean/clean-up.ts';
import { makeImage } from '../make-image.ts';
import { build, packerTemplate } from '../packer/run-packer.ts';
import { makeStage, type Stage } from '../packer/stage.ts';
import { Transcript } from '../packer/transcript.ts';
import { writeRecord } from '../record.ts';
import { finishImage, verifyImage } from '../verify.ts';
import type { PreparedBake } from './prepare.ts';

/**
 * Bakes the image, verifies and finishes it, and then puts it on record: from there on it is found. After a failure or
 * a cancel nothing is left in the account.
 */
export async function runBake(runtime: Runtime, aws: Aws, prepared: PreparedBake, run: string): Promise<string> {
  const { place, owner, bakeKey, inputs } = prepared;
  const imageName = names.image(place, bakeKey, run);
  const parts: BuilderParts = { ...prepared, run, imageName, aws, commit: pushOf(runtime.env).commit };
  const transcript = new Transcript(runtime.out);
  const stage = await makeStage(prepared.base, prepared.scripts);
  try {
    const imageId = await bake(runtime, aws, { parts, stage, transcript });
    await verifyImage(aws, prepared, imageId);
    // It may take minutes, and an image with its key but without its record would be made in vain: so it comes first.
    await endBuilder(aws, place, run);
    await finishImage(runtime, aws, prepared, imageId);
    await writeRecord(aws, owner, bakeKey, { imageId, inputs });
    runtime.out.detail(transcript.times);
    return imageId;
  } catch (thrown) {
    await transcript.end();
    await cleanUp(runtime, aws, place, run);
    throw thrown;
  } finally {
    await stage.remove();
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
