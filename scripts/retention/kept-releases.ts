import { readTenantRecord } from '../aws/read-facts.ts';
import type { Aws } from '../aws/session.ts';
import type { Place } from '../config/names.ts';
import type { ReleaseStore } from '../release/history/executions.ts';
import { type ReadHistory, readReleases } from '../release/history/read-releases.ts';
import type { Release } from '../release/history/release.ts';
import { readPipeline } from '../release/pipeline.ts';

/** This many releases are read first; twice as many each time that was too few. */
const firstLimit = 50;

/** A release that still needs what it was made of, and why. */
export interface KeptRelease extends Release {
  readonly reason: string;
}

/**
 * Releases that are in progress or wait for approval, the one that the instances have, and the newest `keep` that succeeded: what a
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
export function isEnough(
  { releases, more }: Pick<ReadHistory, 'releases' | 'more'>,
  keep: number,
  current: string | undefined,
): boolean {
  if (!more) return true;
  const succeeded = releases.filter(({ state }) => state === 'succeeded').length;
  return succeeded >= keep && (current === undefined || releases.some(({ executionId }) => executionId === current));
}

/** Reads the pipeline's history as far back as kept releases can be in it. */
export async function readKeptReleases(
  aws: Aws,
  { place, bucket, keep }: { place: Place; bucket: string; keep: number },
): Promise<KeptRelease[]> {
  const pipeline = await readPipeline(aws, (await readTenantRecord(aws, place)).pipeline);
  const store: ReleaseStore = { tenant: place.tenant, bucket, pipeline };
  for (let limit = firstLimit; ; limit *= 2) {
    const history = await readReleases(aws, store, limit);
    if (isEnough(history, keep, history.current)) return keptReleases(history.releases, keep);
  }
}
