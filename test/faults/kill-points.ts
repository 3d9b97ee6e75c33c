import type { LocalCloudAddress } from '../local-cloud/start.ts';
import { type Killed, runKilled, runUndisturbed } from './kill.ts';
import { inLanes } from './lanes.ts';
import { choosePoints, pointsEach } from './point.ts';
import { type Subject, worlds } from './world.ts';

/** One row of the table: a command that was killed at a point. */
export interface KilledRow {
  readonly command: string;
  readonly killed: Killed;
}

export interface KillOptions {
  /** How the numbers of its accounts begin. */
  readonly digits: string;
  readonly subjects: readonly Subject[];
  /** How many points at least, over all commands. */
  readonly points: number;
  readonly seed: string;
  readonly lanes: number;
  /** When no other point is begun, by `performance.now()`. */
  readonly deadline: number;
  readonly say: (line: string) => void;
  readonly onRow: (row: KilledRow) => void;
}

/** Runs each command undisturbed, in an account of its own, then kills it at its points, each in another account. */
export async function killPoints(
  cloud: LocalCloudAddress,
  options: KillOptions,
): Promise<{ rows: KilledRow[]; isWhole: boolean }> {
  const { digits, subjects, points, seed, lanes, deadline, say, onRow } = options;
  const newWorld = worlds(cloud, digits);
  const undisturbed = await inLanes(subjects, lanes, async (subject) => {
    const world = await newWorld();
    const ran = await runUndisturbed(world, await subject.prepare(world));
    if (ran.end !== 0) throw new Error(`${subject.name} ended with ${ran.end}, undisturbed: see ${world.directory}`);
    say(`${subject.name}: ${ran.seconds.toFixed(0)} s undisturbed, ${ran.writes.length} writing calls`);
    return { subject, ran };
  });
  const each = pointsEach(
    undisturbed.map(({ ran }) => ran.writes.length),
    points,
  );
  const all = undisturbed.flatMap(({ subject, ran }) => {
    const chosen = choosePoints(ran.writes.length, each, `${seed}/${subject.name}`);
    return chosen.map((point) => ({ subject, ran, point }));
  });
  const rows = await inLanes(all, lanes, async ({ subject, ran, point }) => {
    if (performance.now() > deadline) return undefined;
    const killed = await runKilled(subject, await newWorld(), point, ran.census);
    const row = { command: subject.name, killed };
    onRow(row);
    return row;
  });
  const done = rows.filter((row) => row !== undefined);
  return { rows: done, isWhole: done.length === all.length };
}
