import type { Aws } from '../../aws/session.ts';
import { messageOf } from '../../errors.ts';
import { pushOf } from '../../gitlab/ci-context.ts';
import type { Runtime } from '../../runtime.ts';
import { tracesOf } from '../bake-run.ts';
import { packerEnvironment, packerVariables } from '../builder.ts';
import { makeBuilderGroup, removeBuilderGroup } from '../builder-group.ts';
import { requireTokens } from '../builder-metadata.ts';
import { cleanUp, endBuilders } from '../leftovers.ts';
import { builderIn } from '../packer/packer-events.ts';
import { build, installPlugin, requiresTokens, templateFor } from '../packer/run-packer.ts';
import { makeStage } from '../packer/stage.ts';
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
  const traces = tracesOf(place, bakeKey, run);
  const transcript = new Transcript(runtime.out);
  try {
    const imageId = await packerBuild(runtime, aws, { ...prepared, ...traces, transcript });
    await verifyImage(aws, prepared, imageId);
    await finishImage(runtime, aws, prepared, imageId);
    await writeRecord(aws, owner, bakeKey, { imageId, inputs });
    runtime.out.detail(transcript.times);
    return imageId;
  } catch (thrown) {
    await cleanUp(runtime, aws, traces, 'the bake');
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
  // Errors here show in the clean-up that follows.
  const stop = () => void endBuilders(aws, bake.run, ended.signal).catch(() => undefined);
  runtime.signal.addEventListener('abort', stop, { once: true });
  let securityGroup: string | undefined;
  try {
    await installPlugin(runtime, bake.packerVersion);
    await transcript.begin('launch');
    securityGroup = await makeBuilderGroup(aws, bake);
    const { commit } = pushOf(runtime.env);
    const variables = packerVariables({ ...bake, securityGroup, commit, stage: stage.folder, aws });
    const succeeded = await build(runtime, {
      template: await stage.writeTemplate(await templateFor(bake.packerVersion)),
      variablesFile: await stage.writeVariables(variables),
      temporaryDirectory: stage.temporaryDirectory,
      env: await packerEnvironment(aws),
      async onEvent(event) {
        const builder = 'text' in event && !requiresTokens(bake.packerVersion) ? builderIn(event) : undefined;
        if (builder !== undefined) await requireTokens(aws, builder);
        // When Packer is cancelled while its builder starts, it crashes verbosely; its leftovers are cleaned up anyway.
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
    await freeGroup(runtime, aws, securityGroup);
  }
}

/** Packer has ended the builder, or the clean-up that follows does, and then removes the group too. */
async function freeGroup({ out, signal }: Runtime, aws: Aws, group: string | undefined): Promise<void> {
  if (group === undefined || signal.aborted) return;
  await removeBuilderGroup(aws, group).catch((thrown: unknown) => {
    out.warn(`cannot delete the builder's security group ${group}: ${messageOf(thrown)}`);
  });
}
