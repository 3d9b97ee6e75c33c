import type { Output } from '../../output.ts';
import { type DiskSize, diskWords } from './disk-blocks.ts';

/** How often a job's log gets a line. */
const lineEveryMs = 15_000;

/** Shows progress and rate of a disk's copy: a changing line at a terminal, and a line now and then in a job's log. */
export class CopyProgress {
  readonly #out: Output;
  readonly #what: string;
  readonly #size: DiskSize;
  readonly #start = performance.now();
  #shownAt = this.#start;
  #blocks = 0;
  #bytes = 0;

  constructor(out: Output, what: string, size: DiskSize) {
    this.#out = out;
    this.#what = what;
    this.#size = size;
  }

  copied(bytes: number): void {
    this.#blocks += 1;
    this.#bytes += bytes;
    const now = performance.now();
    const isDue = now - this.#shownAt >= lineEveryMs;
    if (isDue) this.#shownAt = now;
    const doing = { done: this.#blocks, total: this.#size.blocks, waitingFor: this.#rate() };
    this.#out.doing(
      this.#what,
      doing,
      isDue ? [`copied ${this.#blocks} of ${this.#size.blocks} blocks, ${this.#rate()}`] : [],
    );
  }

  end(): void {
    this.#out.done(this.#what);
    this.#out.step(`copied ${this.#what}: ${diskWords(this.#size)}, ${this.#rate()}`);
  }

  #rate(): string {
    const seconds = Math.max(0.001, (performance.now() - this.#start) / 1000);
    return `${(this.#bytes / 1_000_000 / seconds).toFixed(1)} MB/s`;
  }
}
