import { execa, type Options } from 'execa';

export interface Program {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly options?: Options;
  /** Done before each run, outside of the measured time. */
  readonly prepare?: () => Promise<void>;
}

export interface Comparison {
  /** Median seconds of each. */
  readonly ours: number;
  readonly theirs: number;
  /** Median of the ratios of neighbouring runs: what slows the machine for a while slows both runs of a pair. */
  readonly ratio: number;
}

/**
 * Runs two programs in turn and compares their wall-clock times; the first pair, which fills caches, does not count.
 * `now` is the clock, in milliseconds.
 */
export async function compare(
  ours: Program,
  theirs: Program,
  pairs: number,
  now = () => performance.now(),
): Promise<Comparison> {
  const times: [number, number][] = [];
  for (let pair = 0; pair <= pairs; pair += 1) {
    // Who goes first changes too.
    const isTurned = pair % 2 === 1;
    const first = await seconds(isTurned ? theirs : ours, now);
    const second = await seconds(isTurned ? ours : theirs, now);
    if (pair > 0) times.push(isTurned ? [second, first] : [first, second]);
  }
  return {
    ours: median(times.map(([own]) => own)),
    theirs: median(times.map(([, other]) => other)),
    ratio: median(times.map(([own, other]) => own / other)),
  };
}

async function seconds({ file, args, options, prepare }: Program, now: () => number): Promise<number> {
  await prepare?.();
  const start = now();
  await execa(file, args, { stdout: 'ignore', stderr: 'pipe', ...options });
  return (now() - start) / 1000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
