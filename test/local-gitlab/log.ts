/** One line of a job's log, as it is printed. */
export interface LogLine {
  readonly job: string;
  readonly text: string;
  readonly stream: 'stdout' | 'stderr';
}

/** What a line of gitlab-ci-local's output says. */
export type RunnerLine =
  | { kind: 'log'; job: string; text: string }
  | { kind: 'finished'; job: string; exitCode: number; allowed: boolean }
  | { kind: 'other' };

/** Reads `name   > text`, `name   $ command` and `name   finished in 1 s  FAIL 1`; other lines are the runner's own. */
export function readRunnerLine(line: string, jobs: Iterable<string>): RunnerLine {
  const job = [...jobs].filter((name) => line.startsWith(`${name} `)).sort((a, b) => b.length - a.length)[0];
  if (job === undefined) return { kind: 'other' };
  const rest = line.slice(job.length).trimStart();
  if (rest.startsWith('> ')) return { kind: 'log', job, text: rest.slice(2) };
  if (rest === '>') return { kind: 'log', job, text: '' };
  if (rest.startsWith('$ ')) return { kind: 'log', job, text: rest };
  const finished = /^finished in \S+ \S+(?:\s+(?<status>FAIL|WARN) (?<code>\d+))?\s*$/.exec(rest);
  if (finished === null) return { kind: 'other' };
  const { status, code } = finished.groups ?? {};
  return { kind: 'finished', job, exitCode: Number(code ?? 0), allowed: status === 'WARN' };
}
