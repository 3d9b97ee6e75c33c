import type { Aws } from '../aws/session.ts';
import type { ReleaseRecord } from '../config/stored.ts';
import type { ReleaseStore } from '../release/history/executions.ts';
import { isNamed } from '../release/history/find-release.ts';
import type { Promotion } from '../release/history/release-record.ts';
import { readState } from '../release/release-state.ts';
import { ownOperation } from '../release/rollback/own-operation.ts';
import { softwareOf } from '../release/rollback/plan-rollback.ts';
import type { Runtime } from '../runtime.ts';

/** What a promotion is asked for, as far as one that was made before can be it. */
export interface OwnQuestion {
  /** Name of the environment to promote from. */
  readonly from: string;
  readonly expected: string | undefined;
  readonly withImage: boolean;
}

/** A promotion that was made before. */
export interface OwnPromotion {
  readonly revision: string;
  readonly promotion: Promotion;
  /** Whether the instances have it. */
  readonly isDeployed: boolean;
}

/**
 * The promotion that this GitLab pipeline has made, while it is in progress or runs: its job, run again, follows that to its end, whatever the other
 * environment runs since.
 */
export async function ownPromotion(
  { env, signal }: Runtime,
  aws: Aws,
  store: ReleaseStore,
  question: OwnQuestion,
): Promise<OwnPromotion | undefined> {
  if (!env.CI_PIPELINE_URL) return undefined;
  const state = await readState(aws, store.pipeline, signal);
  const record = await ownOperation(aws, store, state, env.CI_PIPELINE_URL);
  const from = record?.promotedFrom;
  if (record === undefined || from === undefined || !isAsked(record, from, question)) return undefined;
  const { revision, push } = softwareOf(record);
  return { revision, promotion: { push, from }, isDeployed: state.deployed?.executionId === record.executionId };
}

function isAsked(
  record: ReleaseRecord,
  { environment, executionId, image }: Promotion['from'],
  { from, expected, withImage }: OwnQuestion,
): boolean {
  if (environment !== from || (withImage && image === undefined)) return false;
  return expected === undefined || isNamed({ id: executionId, record }, expected);
}
