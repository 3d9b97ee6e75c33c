import type { AuditPlace } from '../audit/append.ts';
import { withAudit } from '../audit/with-audit.ts';
import { withPlanRole } from '../aws/plan-role.ts';
import { type Aws, openAws } from '../aws/session.ts';
import { type Environment, environments } from '../config/environment.ts';
import { type ExitCode, exitCodes, VendhostError } from '../errors.ts';
import { isUnderway } from '../release/decision.ts';
import type { ReleaseStore } from '../release/history/executions.ts';
import { openStore } from '../release/history/open-store.ts';
import { updateRecord } from '../release/history/release-record.ts';
import { originWords, shortRevision } from '../release/history/release-words.ts';
import { readRevision, readState } from '../release/release-state.ts';
import { release } from '../release/start.ts';
import { isUploaded } from '../revision/upload.ts';
import type { Runtime } from '../runtime.ts';
import { bringImage, imageStepValue, imageStepWords, isBrought, planImageStep } from './bring-image.ts';
import { compareImages, comparisonWords, type OpenPlace } from './compare-images.ts';
import { handOver } from './hand-over.ts';
import { type OwnPromotion, ownPromotion } from './own-promotion.ts';
import { type PromotedSoftware, promotedShortly, promotedWords } from './promotion.ts';
import { readPromoted } from './read-promoted.ts';

/** The audit's name for it. */
const promoteAction = 'release promote';

export interface PromoteOptions {
  readonly tenant: string;
  /** The environment to release in. */
  readonly environment: Environment;
  /** The environment to promote from; default: the one before. */
  readonly from: Environment | undefined;
  /** Execution, revision or commit that must run there. */
  readonly revision: string | undefined;
  /** Whether its image there is copied and rolled out, too. */
  readonly withImage: boolean;
  /** Folder with `vendhost.yml`; read only if the image is promoted. */
  readonly directory: string;
  /** For the audit record. */
  readonly reason: string;
  readonly dryRun: boolean;
}

/**
 * Releases what another environment runs: a copy of exactly the object that was deployed there. It is released like any revision, so it waits for an
 * approval if releases need one. The image stays, and the output shows whether both images have the same inputs; on request it is promoted too, before
 * the revision. A rerun job follows what its pipeline promoted. A job reads the other environment with the tenant's plan role there. Throws `PROMOTION_MISSING`, `PROMOTION_OUTDATED`, and what
 * `planImageStep`, `bringImage` and `startRelease` throw.
 */
export async function promoteRelease(runtime: Runtime, options: PromoteOptions): Promise<ExitCode | undefined> {
  const { out, signal } = runtime;
  const { tenant, environment, dryRun } = options;
  const there = { tenant, environment: environmentBefore(options) };
  const here = { tenant, environment };
  // The job's own plan role belongs to this environment, and cannot replace the other one's.
  const reading = { ...runtime, env: { ...runtime.env, VENDHOST_PLAN_ROLE_ARN: undefined } };
  const [from, to] = [openAws(withPlanRole(reading, there)), openAws(runtime)];
  // In sequence: the first fault is the one to fix first.
  const { store: source } = await openStore(from, there);
  const { store: target } = await openStore(to, here);
  const { revision: expected, withImage } = options;
  const begun = await ownPromotion(runtime, to, target, { from: there.environment, expected, withImage });
  if (begun !== undefined) return await followOwn(runtime, to, { place: here, bucket: target.bucket }, begun, options);
  const promoted = await readPromoted(from, source, { place: there, expected }, signal);
  const openThere = { aws: from, place: there, bucket: source.bucket };
  const openHere = { aws: to, place: here, bucket: target.bucket };
  const [own, images, image] = await Promise.all([
    readTarget(runtime, openHere, target, promoted),
    compareImages(openThere, openHere, promoted.image),
    withImage
      ? planImageStep(openThere, openHere, { source: promoted.image, directory: options.directory })
      : undefined,
  ]);
  const about = image === undefined ? comparisonWords(images, there.environment) : [imageStepWords(image)];
  const lines = [promotedWords(promoted), ...about];
  const origin = { ...promoted.from, ...(image === undefined ? {} : { image: promoted.image }) };
  const value = {
    revisionKey: promoted.revision,
    from: origin,
    push: promoted.push,
    images,
    ...(image && { image: imageStepValue(image) }),
  };
  if (own.hasIt && (image === undefined || isBrought(image))) {
    const { revision, push } = promoted;
    const started = { place: here, bucket: target.bucket, executionId: own.runs, revision };
    // The job that promoted it may have been killed before it wrote the record.
    if (!dryRun) await updateRecord(runtime, to, { ...started, promotion: { push, from: origin } });
    const text = `nothing to promote: ${environment} runs it already`;
    out.result({ ...value, status: 'unchanged' }, [text, ...lines.map((line) => `  ${line}`)].join('\n'));
    return undefined;
  }
  const what = own.hasIt
    ? 'roll out the image'
    : `${own.isThere ? 'release' : 'copy and release'} it in ${environment}`;
  if (dryRun) {
    out.result({ ...value, status: 'start' }, [...lines, `would ${what}`].join('\n'));
    return exitCodes.differs;
  }
  await out.confirm(`${lines.join('\n')}\n${what}?`);
  for (const line of lines) out.step(line);
  if (image !== undefined && !isBrought(image)) await bringImage(runtime, [openThere, openHere], image, options);
  const action = { action: promoteAction, target: promoted.revision, before: own.runs, reason: options.reason };
  const released = await withAudit(
    runtime,
    to,
    { ...action, place: here, bucket: target.bucket },
    async () => {
      const sent = await handOver(
        { aws: from, bucket: source.bucket },
        { aws: to, bucket: target.bucket },
        promoted,
        signal,
      );
      if (sent > 0) out.step(`copied ${promoted.revision} to ${target.bucket}: ${sent} bytes`);
      const { revision, push } = promoted;
      return await release(runtime, to, { ...here, revision, promotion: { push, from: origin }, dryRun: false });
    },
    (done) => `${String(done.value.status)}: ${promotedShortly(promoted)}`,
  );
  out.result({ ...value, ...released.value }, [...released.lines, ...lines.map((line) => `  ${line}`)].join('\n'));
  return released.code;
}

/** Where other releases took over meanwhile, `release` says so. */
async function followOwn(
  runtime: Runtime,
  aws: Aws,
  where: AuditPlace,
  { revision, promotion, isDeployed }: OwnPromotion,
  { reason, dryRun }: PromoteOptions,
): Promise<ExitCode | undefined> {
  const words = `${shortRevision(revision)} of ${originWords(promotion.from)}`;
  if (!dryRun) runtime.out.step(`this pipeline has promoted ${words}`);
  const follow = () => release(runtime, aws, { ...where.place, revision, promotion, dryRun });
  const action = { ...where, action: promoteAction, target: revision, before: '', reason };
  const released =
    dryRun || isDeployed
      ? await follow()
      : await withAudit(runtime, aws, action, follow, ({ value }) => `${String(value.status)}: ${words}`);
  const value = { revisionKey: revision, from: promotion.from, push: promotion.push, ...released.value };
  runtime.out.result(value, [...released.lines, `  ${words}`].join('\n'));
  return released.code;
}

/** Releases go from dev to staging, and from there to production. Throws `USAGE`. */
function environmentBefore({ from, environment }: PromoteOptions): Environment {
  const before = from ?? environments[environments.indexOf(environment) - 1];
  if (before !== undefined && before !== environment) return before;
  const message = before === undefined ? `there is no environment before ${environment}` : `${environment} to itself`;
  throw new VendhostError('USAGE', `nothing can be promoted: ${message}`, {
    hint: 'give --from the environment that runs it, and --environment the one that is to have it',
  });
}

interface PromotionTarget {
  /** Whether the bucket contains the revision. */
  readonly isThere: boolean;
  /** Whether the instances have it, and no release is in progress. */
  readonly hasIt: boolean;
  /** Execution whose revision the instances have; empty if unknown. */
  readonly runs: string;
}

async function readTarget(
  { signal }: Runtime,
  { aws, bucket }: OpenPlace,
  { pipeline }: ReleaseStore,
  { revision }: PromotedSoftware,
): Promise<PromotionTarget> {
  const [isThere, { deployed, executions }] = await Promise.all([
    isUploaded(aws, { bucket, key: revision }, signal),
    readState(aws, pipeline, signal),
  ]);
  const version = isThere ? (await readRevision(aws, bucket, revision, signal)).version : undefined;
  const runsIt = version !== undefined && deployed?.version === version;
  return { isThere, hasIt: runsIt && !executions.some(isUnderway), runs: deployed?.executionId ?? '' };
}
