import { readTenantRecord } from '../aws/read-facts.ts';
import type { Aws } from '../aws/session.ts';
import type { Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import { type ReadHistory, readReleases } from '../release/history/read-releases.ts';
import type { Release } from '../release/history/release.ts';
import { checkHost, type ReleasePipeline, readPipeline } from '../release/pipeline.ts';
import { readState } from '../release/release-state.ts';

/** So many releases are read first; twice as many each time that was too few. */
const firstLimit = 50;

/** A release that still needs what it was made of, and why. */
export interface KeptRelease extends Release {
  readonly reason: string;
}

/**
 * Releases that are under way or wait for approval, the one that the instances have, and the newest `keep` that succeeded: what a
 * rollback or an approval may need. Newest first.
 */
export function keptReleases(releases: readonly Release[], keep: number): KeptRelease[] {
  const succeeded = releases.filter(({ state }) => state === 'succeeded').slice(0, keep);
  return releases.flatMap((release) => {
    const reason = reasonOf(release, succeeded);
    return reason === undefined ? [] : [{ ...release, reason: `release ${release.executionId} ${reason}` }];
  });
}

function reasonOf(release: Release, succeeded: readonly Release[]): string | undefined {
  if (release.state === 'waiting for approval') return 'waits for approval';
  if (release.state === 'running') return 'is under way';
  if (release.current) return 'is what the instances have';
  return succeeded.includes(release) ? `is among the newest ${succeeded.length} that succeeded` : undefined;
}

/** Whether older releases, which were not read, could be among the kept ones. */
export function isEnough({ releases, more }: ReadHistory, keep: number, current: string | undefined): boolean {
  if (!more) return true;
  const succeeded = releases.filter(({ state }) => state === 'succeeded').length;
  return succeeded >= keep && (current === undefined || releases.some(({ executionId }) => executionId === current));
}

/** Reads the pipeline's history as far back as kept releases can be in it. */
export async function readKeptReleases(
  aws: Aws,
  { place, bucket, keep, signal }: { place: Place; bucket: string; keep: number; signal: AbortSignal },
): Promise<KeptRelease[]> {
  const pipeline = await readPipeline(aws, (await readTenantRecord(aws, place)).pipeline);
  const current = await readCurrent(aws, pipeline, place, signal);
  for (let limit = firstLimit; ; limit *= 2) {
    const history = await readReleases(aws, { tenant: place.tenant, bucket, pipeline, limit, current });
    if (isEnough(history, keep, current)) return keptReleases(history.releases, keep);
  }
}

/** The execution whose revision the instances have; `undefined` while there is no virtual host, and after a failed deployment. */
async function readCurrent(
  aws: Aws,
  pipeline: ReleasePipeline,
  place: Place,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await checkHost(aws, pipeline, place);
  } catch (thrown) {
    if (thrown instanceof VendhostError && thrown.code === 'HOST_MISSING') return undefined;
    throw thrown;
  }
  return (await readState(aws, pipeline, signal)).deployed?.executionId;
}
