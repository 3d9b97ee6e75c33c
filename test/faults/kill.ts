import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { ageing, ageingPlans } from '../scripts/wire.ts';
import type { Census, Difference } from './census.ts';
import { differenceTo, type JobMeddler, readWorld, runCommand, watching } from './command.ts';
import type { Job } from './job.ts';
import type { Point } from './point.ts';
import type { Prepared, Subject, World } from './world.ts';
import { isWrite, nameOf } from './writes.ts';

/** A command that nobody disturbed. */
export interface Undisturbed {
  /** Its writing calls, in their order. */
  readonly writes: readonly string[];
  readonly census: Census;
  readonly end: number | string;
  readonly seconds: number;
}

/** What became of a command that was killed, and of the same command again. */
export interface Killed extends Difference {
  readonly point: Point;
  /** The call it was killed at; `undefined` when it ended before. */
  readonly call: string | undefined;
  readonly end: number | string;
  /** How the same command ended again. */
  readonly again: number | string;
  readonly error: string | undefined;
  readonly seconds: number;
  /** Where the logs are. */
  readonly directory: string;
}

/** A lease of a bake counts for five minutes after its last renewal, and a plan may be deployed for five weeks: the second try comes later. */
const minutesLater = 6;
const daysLater = 36;

export async function runUndisturbed(world: World, prepared: Prepared): Promise<Undisturbed> {
  const writes: string[] = [];
  const { end, seconds } = await runCommand(
    world,
    prepared,
    1,
    watching((call) => writes.push(nameOf(call))),
  );
  return { writes, census: await readWorld(world, prepared), end, seconds };
}

/** Kills the command at the point, runs it once more, and compares what there is with what there should be. */
export async function runKilled(subject: Subject, world: World, point: Point, undisturbed: Census): Promise<Killed> {
  const prepared = await subject.prepare(world);
  const hit: { call?: string } = {};
  const first = await runCommand(
    world,
    prepared,
    1,
    killing(point, (call) => (hit.call = call)),
  );
  const later = ageing(minutesLater);
  const muchLater = ageingPlans(daysLater);
  await ageTemporary(world);
  const again = await runCommand(
    world,
    prepared,
    2,
    () => (call, next) => later(call, (body) => muchLater(call, () => next(body))),
  );
  const difference = await differenceTo(undisturbed, world, prepared);
  const { directory } = world;
  const { end, error, seconds } = again;
  return { point, call: hit.call, end: first.end, again: end, error, seconds, directory, ...difference };
}

/** Temporary folders of killed runs go after a day, by the clock of the machine. */
async function ageTemporary({ temporary }: World): Promise<void> {
  const before = new Date(Date.now() - 25 * 60 * 60_000);
  for (const name of await readdir(temporary)) await utimes(join(temporary, name), before, before);
}

/** Ends the job at the point; of a job that is cancelled, nothing is left from its next writing call on. */
function killing({ when, call: number, death }: Point, onHit: (call: string) => void): JobMeddler {
  let count = 0;
  let cancelled = false;
  const end = async (job: Job) => {
    if (death === 'KILL' || cancelled) return await job.kill();
    cancelled = true;
    job.cancel();
  };
  return (job) => async (call, next) => {
    if (!isWrite(call)) return await next();
    count += 1;
    if (count > number && cancelled) await job.kill();
    if (count > number && (cancelled || death === 'KILL')) return { status: 0, body: '' };
    if (count !== number) return await next();
    onHit(nameOf(call));
    if (when === 'before') {
      await end(job);
      return death === 'KILL' ? { status: 0, body: '' } : await next();
    }
    const answer = await next();
    await end(job);
    return answer;
  };
}
