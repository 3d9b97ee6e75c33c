import type { LocalCloudAddress } from '../local-cloud/start.ts';
import type { Difference } from './census.ts';
import { inLanes } from './lanes.ts';
import { type Path, pathCensus, pathDifference, runPath } from './path.ts';
import { worlds } from './world.ts';

/** One row of the table: a path whose calls were disturbed. */
export interface PathRow extends Path, Difference {
  readonly number: number;
}

export interface PathOptions {
  readonly paths: number;
  readonly seed: string;
  readonly lanes: number;
  /** When no other path is begun, by `performance.now()`. */
  readonly deadline: number;
  readonly onRow: (row: PathRow) => void;
}

/** Runs a path undisturbed, then so many with faults, each in an account of its own. */
export async function faultPaths(cloud: LocalCloudAddress, options: PathOptions): Promise<PathRow[]> {
  const { paths, seed, lanes, deadline, onRow } = options;
  if (paths === 0) return [];
  const newWorld = worlds(cloud, '78');
  const census = await pathCensus(await newWorld());
  const numbers = Array.from({ length: paths }, (_, at) => at + 1);
  const rows = await inLanes(numbers, lanes, async (number) => {
    if (performance.now() > deadline) return undefined;
    const world = await newWorld();
    const path = await runPath(world, `${seed}/${number}`);
    const row = { number, ...path, ...(await pathDifference(census, world)) };
    onRow(row);
    return row;
  });
  return rows.filter((row) => row !== undefined);
}
