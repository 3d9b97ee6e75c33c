import type { EndedPipeline, Stage, Start } from './stage.ts';

/** gitlab-ci-local says so every ten seconds. */
const runnersOwn = 'still running...';

/** Runs a command of the platform's owner, and shows what it says; returns all of it. Fails as the command does. */
export async function operate(stage: Stage, name: string, words: readonly string[]): Promise<string> {
  const { site, say, signal, timeline } = stage;
  say(`  $ vendhost ${words.join(' ')}`);
  let resources = 0;
  const onLine = (line: string) => {
    if (/^\s+\S+: created /.test(line)) resources += 1;
    // What a new stack is made of, type by type.
    else if (!/^\s+\+ \d+ /.test(line)) say(`    ${line}`);
  };
  const result = await timeline.stage(name, () => site.operate(words, { onLine, signal }));
  say(`    (${resources} resources created)`);
  signal.throwIfAborted();
  if (result.exitCode !== 0) throw new Error(`vendhost ${words.join(' ')} ended with ${result.exitCode}`);
  return String(result.all);
}

/** Starts a pipeline, shows what its jobs say, and checks which jobs there were. */
export async function pipeline(
  { say, check, signal, timeline }: Stage,
  name: string,
  jobs: readonly string[],
  start: Start,
): Promise<EndedPipeline> {
  const width = Math.max(...jobs.map((job) => job.length));
  const started = new Map<string, number>();
  const result = await start({
    signal,
    onLine: ({ job, text }) => {
      if (text !== runnersOwn) say(`  ${job.padEnd(width)} │ ${text}`);
    },
    onJob: ({ job, status, durationMs }) => {
      if (status === 'running') return started.set(job, performance.now());
      say(`  ${job.padEnd(width)} └ ${status}, ${(durationMs / 1000).toFixed(1)} s`);
      return timeline.add(`${name}: ${job}`, started.get(job) ?? performance.now() - durationMs, durationMs);
    },
  });
  signal.throwIfAborted();
  if (result.status !== 'success') throw new Error(`${name}: the pipeline ${result.status}`);
  const ran = result.jobs.filter((job) => job.status !== 'manual').map((job) => job.name);
  check([...ran].sort().join() === [...jobs].sort().join(), `jobs: ${jobs.join(', ')}`);
  const waiting = result.jobs.filter((job) => job.status === 'manual').map((job) => job.name);
  if (waiting.length > 0) say(`    (for a person to start: ${waiting.join(', ')})`);
  return result;
}
