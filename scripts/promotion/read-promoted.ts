import type { Aws } from '../aws/session.ts';
import type { Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import { isUnderway } from '../release/decision.ts';
import type { ReleaseStore } from '../release/history/executions.ts';
import { findExecution, isNamed } from '../release/history/find-release.ts';
import { revisionWords } from '../release/history/release-words.ts';
import { readRevision, readState } from '../release/release-state.ts';
import { softwareOf } from '../release/rollback/plan-rollback.ts';
import type { PromotedSoftware } from './promotion.ts';

/** What to promote. */
export interface PromotionQuestion {
  /** The environment to promote from. */
  readonly place: Place;
  /** Execution, revision or commit that must run there; default: any. */
  readonly expected: string | undefined;
}

/**
 * Reads what an environment runs, if that is certain: every instance has it, and its release succeeded. Throws
 * `PROMOTION_MISSING`, and `PROMOTION_OUTDATED` when it is not what was requested.
 */
export async function readPromoted(
  aws: Aws,
  store: ReleaseStore,
  { place, expected }: PromotionQuestion,
  signal: AbortSignal,
): Promise<PromotedSoftware> {
  const { deployed, executions } = await readState(aws, store.pipeline, signal);
  const underway = executions.find(isUnderway);
  if (deployed === undefined && underway !== undefined) {
    const message = `the execution ${underway.id} of ${store.pipeline.name} has not ended`;
    throw missing(place, message, 'what the environment runs is known when it has: try again then');
  }
  if (deployed === undefined) {
    throw missing(
      place,
      `nobody knows what ${place.tenant} runs in ${place.environment}`,
      'nothing was released there, or its last release failed',
    );
  }
  const execution = await findExecution(aws, store, deployed.executionId);
  const record = execution?.record;
  if (execution === undefined || record === undefined) {
    const message = `no record says which revision the execution ${deployed.executionId} of ${store.pipeline.name} released`;
    throw missing(
      place,
      message,
      'releases of older versions of Vendhost, and those that were started by hand, have none',
    );
  }
  if (expected !== undefined && !isNamed(execution, expected)) {
    const runs = revisionWords(record.revision, record);
    throw outdated(place, `${place.environment} does not run "${expected}": it runs ${runs}`);
  }
  const { version } = await readRevision(aws, store.bucket, record.revision, signal);
  if (version === undefined || version !== deployed.version) {
    throw outdated(
      place,
      `${record.revision} in ${store.bucket} was written again since ${place.environment} deployed it`,
    );
  }
  const from = { environment: place.environment, executionId: deployed.executionId, commit: record.commit };
  return { ...softwareOf(record), version, from };
}

function missing({ tenant, environment }: Place, message: string, why: string): VendhostError {
  return new VendhostError('PROMOTION_MISSING', `nothing to promote: ${message}`, {
    details: [why],
    hint: `release it in ${environment}; \`vendhost release list --tenant ${tenant} --environment ${environment}\` shows how releases ended`,
  });
}

function outdated({ tenant, environment }: Place, message: string): VendhostError {
  return new VendhostError('PROMOTION_OUTDATED', message, {
    hint: `look at what runs there: vendhost release show --tenant ${tenant} --environment ${environment}; promote that, or release the other one there first`,
  });
}
