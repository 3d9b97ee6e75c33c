import { type Aws, openAws } from '../aws/session.ts';
import { keys, type Place } from '../config/names.ts';
import { type ExitCode, VendhostError } from '../errors.ts';
import { pushOf } from '../gitlab/ci-context.ts';
import { settleHealthCheck } from '../host/health/settle.ts';
import { chooseRevision } from '../revision/chosen/choose.ts';
import type { Runtime } from '../runtime.ts';
import { formerRejection } from './approval/former-rejection.ts';
import { decide } from './decision.ts';
import type { EndedRelease } from './gitlab/plan-shown.ts';
import { showInGitlab } from './gitlab/show-in-gitlab.ts';
import { openStore } from './history/open-store.ts';
import { ownExecution } from './history/own-execution.ts';
import { updateRecord } from './history/release-record.ts';
import { readRevision, readState } from './release-state.ts';
import { addressOf, leftToOperation, type Released, releasedOf, releasePreview } from './released.ts';
import { releasedBefore, revisionOfCommit, rollbackOfOldPipeline } from './rollback/old-pipeline.ts';
import { ownOperation } from './rollback/own-operation.ts';
import { type Rollback, takenBack } from './rollback/plan-rollback.ts';
import { type ReleaseOptions, runExecution } from './run-execution.ts';

/**
 * Releases a revision to the virtual host and follows the release: starts the pipeline for exactly that object, prints the
 * life-cycle events as they happen, and ends with the execution's outcome. It does not wait for an approval: it ends with exit code 4,
 * and the same command, once more, follows the execution. A health check that provisioning left to the release is
 * then set. Does nothing when the instances run the revision and the check is in force. The job of an older pipeline that is run again
 * rolls back what a newer one released, and says so.
 */
export async function startRelease(runtime: Runtime, options: ReleaseOptions): Promise<ExitCode | undefined> {
  // Before AWS is called, if nothing is to be found there.
  if (options.revision || !runtime.env.CI_COMMIT_SHA) revisionKey(options);
  const { code, value, lines } = await release(runtime, openAws(runtime), options);
  runtime.out.result(value, lines.join('\n'));
  return code;
}

/** The same, for a command that reports more. */
export async function release(runtime: Runtime, aws: Aws, options: ReleaseOptions): Promise<Released> {
  const { signal } = runtime;
  const start = performance.now();
  const place: Place = { tenant: options.tenant, environment: options.environment };
  const { store, record, needsApproval } = await openStore(aws, place);
  const { pipeline, bucket } = store;
  const key = revisionKey({
    ...options,
    revision: options.revision || (await revisionOfCommit(aws, store, runtime.env)),
  });
  const revision = await readRevision(aws, bucket, key, signal);
  const state = await readState(aws, pipeline, signal);
  const pipelineUrl = runtime.env.CI_PIPELINE_URL;
  const own = await ownExecution(aws, store, { revision, pipelineUrl }, state);
  const decision = own ?? decide(pipeline.name, revision, state);
  if (options.dryRun) return releasePreview(pipeline, revision, decision);
  const settle = () => settleHealthCheck(runtime, aws, options, record);
  const url = addressOf(record.hosts);
  const show = (ended: Omit<EndedRelease, 'place'>) => showInGitlab(runtime, aws, { place, ...ended }, { store, url });
  const ofOldPipeline = async (of: string | undefined) =>
    options.promotion === undefined
      ? await rollbackOfOldPipeline(runtime, aws, store, { place, of, revision: key })
      : undefined;
  if (decision.kind === 'nothing') {
    const { executionId, deploymentId } = decision;
    const started = { place, bucket, executionId, revision: key, promotion: options.promotion };
    const asRollback = async () => {
      const taken = await ofOldPipeline(await releasedBefore(aws, store, executionId));
      return taken && { ...taken, push: taken.to.push };
    };
    await Promise.all([settle(), updateRecord(runtime, aws, started, asRollback)]);
    await show({ outcome: 'unchanged', push: pushOf(runtime.env) });
    const value = { executionId, deploymentId, status: 'unchanged', revisionKey: key, url };
    return {
      code: undefined,
      value,
      lines: [`nothing to release: ${pipeline.name} has ${key} since ${deploymentId}`],
    };
  }
  if (options.rollback === undefined && options.promotion === undefined) {
    const operation = await ownOperation(aws, store, state, pipelineUrl);
    if (operation !== undefined && operation.revision !== key) return leftToOperation(operation, record);
  }
  const common = { pipeline, place: options, needsApproval, key, record };
  if (decision.kind === 'start') {
    const rejected = await formerRejection(aws, { store, revision, state, pipelineUrl: pipelineUrl ?? '' });
    if (rejected !== undefined) {
      await show({ outcome: rejected.outcome.kind, push: pushOf(runtime.env) });
      return releasedOf(runtime, { ...common, rollback: undefined, ms: performance.now() - start }, rejected);
    }
  }
  // For a revision that no job has pushed lately, such as a rollback's target: a prune may be about to delete it.
  if (decision.kind === 'start' && (await chooseRevision(aws, { bucket, revision: key }, signal))) {
    await readRevision(aws, bucket, key, signal);
  }
  const rollback = options.rollback ?? (await ofOldPipeline(takenBack(state)));
  const followed = await runExecution(runtime, aws, options, { store, record, decision, revision, rollback });
  const ended = rollback === undefined ? { push: pushOf(runtime.env) } : takenBackBy(rollback);
  if (followed.outcome.kind === 'succeeded') {
    await settle().catch(async (thrown: unknown) => {
      await show({ ...ended, outcome: 'failed' });
      throw thrown;
    });
  }
  await show({ ...ended, outcome: followed.outcome.kind });
  const ms = performance.now() - start;
  return releasedOf(runtime, { ...common, rollback, ms }, followed);
}

/** A rollback releases what an earlier push brought, and reverts what ran. */
function takenBackBy({ from, to }: Rollback): Pick<EndedRelease, 'push' | 'takesBack'> {
  return { push: to.push, takesBack: from?.push.commit ?? '' };
}

/** A tenant releases only revisions under its own prefix of the bucket. */
export function revisionKey({ tenant, revision }: ReleaseOptions): string {
  if (revision === undefined || revision === '') {
    throw new VendhostError('USAGE', 'the revision is missing', {
      hint: 'give --revision KEY or set VENDHOST_REVISION_KEY, as the job package does; `vendhost revision push` prints the key',
    });
  }
  const form = keys.revision(tenant, '<sha256>');
  const [before = '', after = ''] = form.split('<sha256>');
  const hash = revision.slice(before.length, revision.length - after.length);
  if (revision === `${before}${hash}${after}` && /^[0-9a-f]{64}$/.test(hash)) return revision;
  throw new VendhostError('USAGE', `"${revision}" is not a revision of ${tenant}: must be ${form}`, {
    hint: '`vendhost revision push` prints the key of a revision',
  });
}
