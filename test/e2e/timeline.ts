/** The stages of a run with their times, in seconds since it began. */
export class Timeline {
  readonly #began = performance.now();
  readonly #stages: { name: string; start: number; seconds: number }[] = [];

  /** Runs one stage and keeps its time, also when it fails. */
  async stage<T>(name: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.add(name, start, performance.now() - start);
    }
  }

  /** Adds what was timed elsewhere; both in milliseconds, `start` as `performance.now()` has it. */
  add(name: string, start: number, durationMs: number): void {
    this.#stages.push({ name, start: (start - this.#began) / 1000, seconds: durationMs / 1000 });
  }

  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /** One line a stage, in order of their starts, with a bar that shows where in the run it was. */
  lines(width = 40): string[] {
    const total = this.seconds;
    const stages = [...this.#stages].sort((a, b) => a.start - b.start);
    const longest = Math.max(...stages.map(({ name }) => name.length), 0);
    return stages.map(({ name, start, seconds }) => {
      const from = Math.min(Math.floor((start / total) * width), width - 1);
      const length = Math.max(1, Math.min(width - from, Math.round((seconds / total) * width)));
      const bar = `${' '.repeat(from)}${'█'.repeat(length)}`.padEnd(width);
      return `${name.padEnd(longest)}  ${bar}  ${seconds.toFixed(1).padStart(6)} s`;
    });
  }
}
