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
 * As many different points as asked for, evenly over the writing calls of the command, first and last among them; before and after take
 * turns, and each third is a cancelled job.
 */
export function choosePoints(calls: number, count: number): Point[] {
  const all = Array.from({ length: calls * 2 }, (_, at) => at);
  const wanted = Math.min(count, all.length);
  const step = wanted > 1 ? (all.length - 1) / (wanted - 1) : 0;
  const chosen = new Set(Array.from({ length: wanted }, (_, at) => Math.round(at * step)));
  return [...chosen].map((at, index) => ({
    when: at % 2 === 0 ? 'before' : 'after',
    call: Math.floor(at / 2) + 1,
    death: index % 3 === 2 ? 'TERM, KILL' : 'KILL',
  }));
}
