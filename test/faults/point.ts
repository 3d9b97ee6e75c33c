import { chance } from './chance.ts';

/** How a command is ended: at once, or as GitLab's runner cancels a job, whose grace ends before the next writing call. */
export type Death = 'KILL' | 'TERM, KILL';

/** A moment in the life of a command: just before a writing call is sent, or between the call and its answer. */
export interface Point {
  readonly when: 'before' | 'after';
  /** Which writing call, counted from 1. */
  readonly call: number;
  readonly death: Death;
}

/**
 * As many different points as asked for, evenly over the writing calls of a command; where the first is depends on the seed. Each third is
 * a cancelled job.
 */
export function choosePoints(calls: number, count: number, seed: string): Point[] {
  const all = calls * 2;
  const wanted = Math.min(count, all);
  const first = chance(seed);
  return Array.from({ length: wanted }, (_, index) => {
    const at = Math.floor(((index + first) * all) / wanted);
    return {
      when: at % 2 === 0 ? 'before' : 'after',
      call: Math.floor(at / 2) + 1,
      death: index % 3 === 2 ? 'TERM, KILL' : 'KILL',
    };
  });
}

/** The most points that each command gets, so that all together get so many, if there are so many. */
export function pointsEach(calls: readonly number[], total: number): number {
  const most = Math.max(0, ...calls.map((count) => count * 2));
  for (let each = 0; each < most; each += 1) {
    if (calls.reduce((sum, count) => sum + Math.min(each, count * 2), 0) >= total) return each;
  }
  return most;
}
