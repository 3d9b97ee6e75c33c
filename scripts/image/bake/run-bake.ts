import { randomBytes } from 'node:crypto';
import type { Aws } from '../../aws/session.ts';
import { names } from '../../config/names.ts';
import { messageOf } from '../../errors.ts';
import { pushOf } from '../../gitlab/ci-context.ts';
import type { Runtime } from '../../runtime.ts';
import { packerEnvironment, packerVariables } from '../builder.ts';
import { type BakeTraces, endBuilders, findLeftovers, removeLeftovers } from '../leftovers.ts';
import { build, installPlugin } from '../packer/run-packer.ts';
import { makeStage } from '../packer/stage.ts';
import { Transcript } from '../packer/transcript.ts';
import { writeRecord } from '../record.ts';
import { publishImage, verifyImage } from '../verify.ts';
import type { PreparedBake } from './prepare.ts';

/** A new id for a run; it names what the run makes. */
export function newRun(): string {
  return randomBytes(4).toString('hex');
}

/** Bakes the image, verifies and publishes it. Whatever goes wrong, also a cancelled job: nothing is left in the account. */
export async function runBake(runtime: Runtime, aws: Aws, prepared: PreparedBake, run: string): Promise<string> {
  const { place, facts, bakeKey, inputs } = prepared;
  const imageName = names.image(place, bakeKey, run);
  const transcript = new Transcript(runtime.out);
  try {
    const imageId = await packerBuild(runtime, aws, { ...prepared, run, imageName, transcript });
    await verifyImage(aws, prepared, imageId);
    await writeRecord(aws, facts.bucket, place.tenant, bakeKey, inputs);
    await publishImage(runtime, aws, prepared, imageId);
    runtime.out.detail(transcript.times);
    return imageId;
  } catch (thrown) {
    await cleanUp(runtime, aws, { place, run, imageName, securityGroups: transcript.securityGroups });
    throw thrown;
  }
}

async function packerBuild(
  runtime: Runtime,
  aws: Aws,
  bake: PreparedBake & { run: string; imageName: string; transcript: Transcript },
): Promise<string> {
  const { transcript } = bake;
  const stage = await makeStage(bake.base, bake.scripts);
  const ended = new AbortController();
  // What goes wrong here shows in the clean-up that follows.
  const stop = () => void endBuilders(aws, bake.run, ended.signal).catch(() => undefined);
  runtime.signal.addEventListener('abort', stop, { once: true });
  try {
    await installPlugin(runtime, bake.packerVersion);
    const variables = packerVariables({
      ...bake,
      commit: pushOf(runtime.env).commit,
      stage: stage.folder,
      aws,
      access: runtime.env.VENDHOST_BUILDER_ACCESS,
    });
    await transcript.begin('launch');
    const succeeded = await build(runtime, {
      version: bake.packerVersion,
      variablesFile: await stage.writeVariables(variables),
      temporaryDirectory: stage.temporaryDirectory,
      env: await packerEnvironment(aws),
      async onEvent(event) {
        // Packer that is cancelled while its builder starts crashes, at length; what it leaves is looked for anyway.
        if (!(runtime.signal.aborted && event.kind === 'error')) await transcript.accept(event);
      },
    });
    await transcript.end();
    runtime.signal.throwIfAborted();
    if (succeeded && transcript.imageId !== undefined) return transcript.imageId;
    throw transcript.failure();
  } finally {
    ended.abort();
    runtime.signal.removeEventListener('abort', stop);
    await stage.remove();
  }
}

/** Packer cleans up behind itself; this looks whether it did, and does what it did not. */
async function cleanUp(runtime: Runtime, aws: Aws, traces: BakeTraces): Promise<void> {
  try {
    const removed = await removeLeftovers(aws, traces.place, await findLeftovers(aws, traces));
    for (const line of removed) runtime.out.step(`removed what the bake left: ${line}`);
    if (removed.length === 0) runtime.out.step('the bake left nothing behind');
  } catch (thrown) {
    runtime.out.warn(`cannot clean up after the bake (tag vendhost:bake-run=${traces.run}): ${messageOf(thrown)}`);
  }
}
