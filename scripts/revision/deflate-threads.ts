import { availableParallelism } from 'node:os';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Deflated, type DeflateTask, deflateFiles, type KnownFile } from './file-work.ts';

/** A thread takes some 50 ms to start: below this many bytes the main thread is faster alone. */
const worthThread = 4 * 1024 ** 2;
/** How much is compressed at a time; the results are held in memory until they are used. */
const batchBytes = 512 * 1024;
/** Each needs 20 MiB. */
const mostThreads = 2;
/** Batches that a thread has: one more than it works on, so that it does not wait for the main thread. */
const asked = 2;

export interface Batch<File> {
  readonly files: readonly File[];
  readonly deflated: Deflated;
}

/**
 * Compresses files, most of the time of a push, on the main thread and on others: one where there are two processors, as a second would take
 * the main one's time, and two where there are more.
 */
export class DeflateThreads {
  readonly #threads: readonly Thread[];
  /** Memory of used results: Node would free it late, and allocate new memory for each. */
  readonly #free: ArrayBuffer[] = [];

  /** @param bytes how many there are to compress */
  constructor(bytes: number, processors = availableParallelism()) {
    const length = bytes < worthThread ? 0 : Math.min(processors - 1, mostThreads);
    this.#threads = Array.from({ length }, () => new Thread());
  }

  /**
   * The compressed bytes of files, batch after batch, in their order; only a few batches are made ahead. The bytes of one are
   * valid until the next is asked for.
   */
  async *deflate<File extends KnownFile>(files: readonly File[], signal: AbortSignal): AsyncGenerator<Batch<File>> {
    const ahead: Promise<Batch<File>>[] = [];
    // With those that the main thread made while the others were not done.
    const atMostAhead = this.#threads.length * asked + 1;
    for (const batch of batchesOf(files)) {
      // For the threads' results, and parts in transit.
      await yieldToEventLoop();
      signal.throwIfAborted();
      const made = this.#deflate(batch);
      // Awaited below; until then a failure must not end the process.
      made.catch(() => undefined);
      ahead.push(made);
      if (this.#threads.length === 0 || ahead.length > atMostAhead) yield* this.#next(ahead);
    }
    while (ahead.length > 0) yield* this.#next(ahead);
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  /** On a thread, unless there is none or all have enough. */
  async #deflate<File extends KnownFile>(files: readonly File[]): Promise<Batch<File>> {
    const memory = this.#free.pop();
    const thread = this.#threads.find((each) => each.asked < asked);
    return { files, deflated: (await thread?.deflate({ files, memory })) ?? deflateFiles(files, memory) };
  }

  async *#next<File>(ahead: Promise<Batch<File>>[]): AsyncGenerator<Batch<File>> {
    const first = await ahead.shift();
    if (first === undefined) return;
    yield first;
    this.#free.push(first.deflated.memory);
  }
}

/** A worker thread; it answers in the order of its tasks. */
class Thread {
  readonly #asked: { resolve(deflated: Deflated): void; reject(error: unknown): void }[] = [];
  readonly #worker = new Worker(new URL('./deflate-thread.ts', import.meta.url), {
    execArgv: [...process.execArgv, '--import', new URL('../../bin/typescript.js', import.meta.url).href],
    // Files' bytes are outside the heap and freed with it: with a small heap, soon.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  })
    .on('message', (deflated: Deflated) => this.#asked.shift()?.resolve(deflated))
    .on('error', (error) => {
      for (const { reject } of this.#asked.splice(0)) reject(error);
    });

  readonly #exited = new Promise((resolve) => this.#worker.once('exit', resolve));

  /** How many answers are still to come. */
  get asked(): number {
    return this.#asked.length;
  }

  deflate({ files, memory }: DeflateTask): Promise<Deflated> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      const known = files.map(({ path, from, sha256, size }) => ({ path, from, sha256, size }));
      this.#worker.postMessage({ files: known, memory }, memory === undefined ? [] : [memory]);
    });
  }

  /** Ends when its tasks are done: ending a thread within zlib aborts the whole process. */
  async end(): Promise<void> {
    this.#worker.postMessage('end');
    await this.#exited;
  }
}

function batchesOf<File extends KnownFile>(files: readonly File[]): File[][] {
  const batches: File[][] = [];
  let bytes = batchBytes;
  for (const file of files) {
    if (bytes >= batchBytes) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(file);
    // Opening a file costs as much as reading some of it.
    bytes += file.size + 4096;
  }
  return batches;
}
