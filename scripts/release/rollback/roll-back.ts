import { withAudit } from '../../audit/with-audit.ts';
import { type Aws, openAws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { type ExitCode, exitCodes, VendhostError } from '../../errors.ts';
import { provision } from '../../host/provision.ts';
import type { ResultValue } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { showInGitlab } from '../gitlab/show-in-gitlab.ts';
import { openStore } from '../history/open-store.ts';
import { recordRelease } from '../history/release-record.ts';
import { readRevision, readState } from '../release-state.ts';
import { release, revisionKey } from '../start.ts';
import { rollbackAction } from './audit.ts';
import { keepBegun, readBegun } from './begun-rollback.ts';
import { type ImagePlan, imageWords, planImage } from './image-back.ts';
import { planRollback, type Rollback } from './plan-rollback.ts';
import { rollbackLines, softwareWords } from './rollback-words.ts';

export interface RollbackOptions extends Place {
  /** Key of a revision, or the name of a release; without it, the release before the one that runs. */
  readonly to: string | undefined;
  /** For the audit record. */
  readonly reason: string | undefined;
  /** Roll back only the software. */
  readonly keepImage: boolean;
  /** Folder with `vendhost.yml`. */
  readonly directory: string;
  readonly dryRun: boolean;
}

/**
 * Releases an earlier revision again, and then gives the virtual host the image that the revision ran on. In this order, because the
 * earlier revision has run on the present image before: each push first provisions and then releases. Where releases need an approval, this
 * one does too. Throws `ALREADY_RELEASED` for what the instances have, and what `planRollback`, `startRelease` and `provisionHost` throw.
 */
export async function rollBackRelease(runtime: Runtime, options: RollbackOptions): Promise<ExitCode | undefined> {
  const { out, signal, env } = runtime;
  const place: Place = { tenant: options.tenant, environment: options.environment };
  const aws = openAws(runtime);
  const { store } = await openStore(aws, place);
  const { bucket, pipeline } = store;
  const state = await readState(aws, pipeline, signal);
  const question = { to: options.to, pipelineUrl: env.CI_PIPELINE_URL };
  const rollback = (await readBegun(aws, store, state, question)) ?? (await planRollback(aws, store, state, question));
  const key = revisionKey({ ...place, revision: rollback.to.revision, dryRun: options.dryRun });
  const revision = await readRevision(aws, bucket, key, signal).catch((error: unknown) => {
    throw isMissing(error) ? notKept(rollback, error) : error;
  });
  const { directory, keepImage } = options;
  const image = await planImage(aws, { place, bucket, recorded: rollback.to.image, keep: keepImage, directory });
  const runs = revision.version !== undefined && state.deployed?.version === revision.version;
  // The killed job may not have reached this; the record tells a later rollback that this was one.
  if (rollback.isOwn && runs && state.deployed !== undefined && !options.dryRun) {
    const { executionId } = state.deployed;
    const recorded = { push: rollback.to.push, of: rollback.of };
    await recordRelease(runtime, aws, { place, bucket, executionId, revision: key, rollback: recorded });
  }
  if (runs && image.kind === 'stays') {
    if (rollback.isOwn) {
      const { push } = rollback.to;
      const ended = { place, outcome: 'unchanged', push, takesBack: rollback.from?.push.commit ?? '' } as const;
      await showInGitlab(runtime, aws, ended, { store, url: '' });
    }
    return alreadyReleased(runtime, rollback, image);
  }
  const lines = [...rollbackLines(rollback), imageWords(image)];
  const value = { rollbackOf: rollback.of, from: rollback.from, to: rollback.to, image };
  if (options.dryRun) {
    out.result(value, lines.join('\n'));
    return exitCodes.differs;
  }
  await out.confirm(`${lines.join('\n')}\nroll back ${place.tenant} in ${place.environment}?`);
  await keepBegun(aws, store, question, rollback);
  const goesBack = { ...rollback, image: image.kind === 'back' ? image.to : undefined };
  const released = await release(runtime, aws, {
    ...place,
    revision: key,
    rollback: goesBack,
    reason: options.reason,
    dryRun: false,
  });
  if (released.code !== undefined || image.kind === 'stays') {
    out.result({ ...value, ...released.value }, [...released.lines, `  ${imageWords(image)}`].join('\n'));
    return released.code;
  }
  const provisioned = await imageBack(runtime, aws, options, { place, bucket, image });
  out.result(
    { ...value, ...provisioned.value, ...released.value },
    [...released.lines, ...provisioned.lines].join('\n'),
  );
  return undefined;
}

async function imageBack(
  runtime: Runtime,
  aws: Aws,
  { directory, reason = '' }: RollbackOptions,
  { place, bucket, image }: { place: Place; bucket: string; image: Extract<ImagePlan, { kind: 'back' }> },
): Promise<{ value: ResultValue; lines: readonly string[] }> {
  const action = { place, bucket, action: rollbackAction, target: 'image', before: image.from, reason };
  const work = async () => await provision(runtime, aws, { ...place, directory, image: image.to, dryRun: false });
  const { value } = await withAudit(runtime, aws, action, work, () => image.to);
  return {
    value,
    lines: [`  image ${image.from} → ${image.to}, until a pipeline of the branch provisions its own again`],
  };
}

const isMissing = (error: unknown): error is VendhostError =>
  error instanceof VendhostError && error.code === 'REVISION_MISSING';

function notKept({ to }: Rollback, error: VendhostError): VendhostError {
  return new VendhostError('REVISION_MISSING', `${softwareWords(to)} is not kept: ${error.message}`, {
    hint: `give --to another release, which \`vendhost release list\` shows; or ${error.hint}`,
    cause: error,
  });
}

/** A job that is run again has nothing left to do; for a person it is an error. */
function alreadyReleased({ out }: Runtime, rollback: Rollback, image: ImagePlan): undefined {
  const text = `${softwareWords(rollback.to)} runs already`;
  if (rollback.isOwn) {
    out.result({ ...rollback, image, status: 'unchanged' }, `nothing to roll back: ${text}\n  ${imageWords(image)}`);
    return undefined;
  }
  throw new VendhostError('ALREADY_RELEASED', `nothing to roll back: ${text}`, {
    hint: '`vendhost release list` shows what was released before: give one of these with --to',
  });
}
