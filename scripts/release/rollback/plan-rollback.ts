import type { Aws } from '../../aws/session.ts';
import { keys } from '../../config/names.ts';
import type { ReleaseRecord } from '../../config/stored.ts';
import { VendhostError } from '../../errors.ts';
import { isUnderway, type State } from '../decision.ts';
import { executionsBack, type RecordedExecution, type ReleaseStore, readReleaseRecord } from '../history/executions.ts';
import { releasesNamed, unknownRelease } from '../history/find-release.ts';
import { firstPush, type ReleasedPush } from '../history/release-record.ts';
import { ownOperation } from './own-operation.ts';
import { isReleased, stepBack } from './step-back.ts';

/** What a virtual host has, or rolls back to. */
export interface ReleasedSoftware {
  /** Key of the revision. */
  readonly revision: string;
  readonly push: ReleasedPush;
  /** Image it was released on; empty if no record says so. */
  readonly image: string;
}

/** A release that returns to an earlier revision. */
export interface Rollback {
  /** Execution whose revision it rolls back. */
  readonly of: string;
  /** What that execution released; `undefined` if no record says so. */
  readonly from: ReleasedSoftware | undefined;
  readonly to: ReleasedSoftware;
  /** The image, if that is rolled back, too. */
  readonly image?: string | undefined;
  /** What a person should know about it. */
  readonly note?: string;
  /** An earlier run of the same job has started it. */
  readonly isOwn?: boolean;
}

/** Which revision to go back to. */
export interface RollbackQuestion {
  /** Key of a revision, or the name of a release; without it, the release before the one that runs. */
  readonly to: string | undefined;
  /** URL of the pipeline of the job, if there is one. */
  readonly pipelineUrl: string | undefined;
}

/**
 * Finds what to roll back to. A job that is rerun after it was lost finds its own rollback, and does not roll back one more. Throws
 * `RELEASE_UNDERWAY`, `RELEASE_UNKNOWN`, `NAME_AMBIGUOUS` and `ROLLBACK_MISSING`.
 */
export async function planRollback(
  aws: Aws,
  store: ReleaseStore,
  state: State,
  { to, pipelineUrl }: RollbackQuestion,
): Promise<Rollback> {
  const underway = state.executions.find(isUnderway);
  const of = takenBack(state);
  const own = await ownOperation(aws, store, state, pipelineUrl);
  if (own?.rollbackOf !== undefined) {
    const before = await readReleaseRecord(aws, store, own.rollbackOf);
    return { of: own.rollbackOf, from: before && softwareOf(before), to: softwareOf(own), isOwn: true };
  }
  if (underway !== undefined && to === undefined) throw underwayError(store, underway.id);
  if (of === undefined) throw nothingBefore(store);
  const from = await readReleaseRecord(aws, store, of);
  const target = to === undefined ? await releaseBefore(aws, store, state) : await softwareNamed(aws, store, to);
  return { of, from: from && softwareOf(from), to: target };
}

/** What a release replaces: the running one or, if that is unknown, the last that ended. */
export function takenBack({ executions, deployed }: State): string | undefined {
  return deployed?.executionId ?? executions.find((execution) => !isUnderway(execution))?.id;
}

export function softwareOf(record: ReleaseRecord): ReleasedSoftware {
  const { revision, commit, branch, author, message, mergeRequest, image } = record;
  return { revision, push: { commit, branch, author, message, mergeRequest }, image };
}

async function releaseBefore(aws: Aws, store: ReleaseStore, { deployed }: State): Promise<ReleasedSoftware> {
  const seen: RecordedExecution[] = [];
  for await (const execution of executionsBack(aws, store)) {
    seen.push(execution);
    const found = stepBack(seen, deployed);
    if (found?.record !== undefined) return softwareOf(found.record);
    if (found !== undefined) throw unrecorded(store, found);
  }
  throw nothingBefore(store);
}

/** A revision by its key may never have been released; for any other name the newest release counts, if possible one that succeeded. */
async function softwareNamed(aws: Aws, store: ReleaseStore, name: string): Promise<ReleasedSoftware> {
  const isGood = (execution: RecordedExecution) => execution.record !== undefined && isReleased(execution);
  const found = (await releasesNamed(aws, store, name, isGood)).filter(({ record }) => record !== undefined);
  const record = (found.find(isGood) ?? found[0])?.record;
  if (record !== undefined) return softwareOf(record);
  const revision = /^[0-9a-f]{64}$/.test(name) ? keys.revision(store.tenant, name) : name;
  if (!revision.startsWith('software/')) throw unknownRelease(store, name);
  return { revision, push: await firstPush(aws, store.bucket, revision), image: '' };
}

function underwayError({ pipeline, tenant }: ReleaseStore, id: string): VendhostError {
  return new VendhostError(
    'RELEASE_UNDERWAY',
    `the execution ${id} of ${pipeline.name} has not ended: what to go back from is not known yet`,
    {
      hint: `wait until it has ended, or reject it if it waits for an approval; or name with --to what ${tenant} is to run`,
    },
  );
}

function nothingBefore({ pipeline }: ReleaseStore): VendhostError {
  return new VendhostError('ROLLBACK_MISSING', `${pipeline.name} released no other revision before`, {
    hint: 'give --to the key of a revision; `vendhost release list` shows what was released',
  });
}

function unrecorded({ pipeline }: ReleaseStore, { id, intake }: RecordedExecution): VendhostError {
  if (intake === true) {
    const what = `the release before, execution ${id} of ${pipeline.name}, was started by a write to the intake`;
    return new VendhostError('ROLLBACK_MISSING', `${what}: no job has pushed what it released`, {
      hint: 'write that software to the intake once more, under another name; or give --to a release of a job, which `vendhost release list` shows',
    });
  }
  return new VendhostError(
    'ROLLBACK_MISSING',
    `no record says which revision the execution ${id} of ${pipeline.name} released`,
    {
      hint: 'give --to the key of a revision: the job log of that release has it',
    },
  );
}
