import { availableParallelism } from 'node:os';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Deflated, type DeflateTask, deflateFiles, type KnownFile } from './file-work.ts';

/** A thread takes some 50 ms to start: below this many bytes the main one is done sooner alone. */
const worthThread = 4 * 1024 ** 2;
/** What is compressed at a time; the answers are held in memory until they are used. */
const batchBytes = 512 * 1024;
/** Batches that the thread has: one more than it works on, so that it does not wait for the main one. */
const asked = 2;
/** Batches that are made ahead, with those that the main thread made while the other was not done. */
const atMostAhead = 3;

export interface Batch<File> {
  readonly files: readonly File[];
  readonly deflated: Deflated;
}

/**
 * Compresses files, most of the time of a push, on the main thread and another. A third would need 20 MiB more, and where there are two
 * processors it takes the main one's time.
 */
export class DeflateThreads {
  readonly #thread: Thread | undefined;
  /** Memory of answers that were used: Node would free it late, and take new memory for each. */
  readonly #free: ArrayBuffer[] = [];

  /** @param bytes how many there are to compress */
  constructor(bytes: number) {
    if (bytes >= worthThread && availableParallelism() > 1) this.#thread = new Thread();
  }

  /**
   * The compressed bytes of files, batch after batch, in their order; only a few batches are made ahead. The bytes of one are
   * valid until the next is asked for.
   */
  async *deflate<File extends KnownFile>(files: readonly File[], signal: AbortSignal): AsyncGenerator<Batch<File>> {
    const ahead: Promise<Batch<File>>[] = [];
    for (const batch of batchesOf(files)) {
      // For the thread's answers, and parts on their way.
      await yieldToEventLoop();
      signal.throwIfAborted();
      const made = this.#deflate(batch);
      // Awaited below; until then a failure must not end the process.
      made.catch(() => undefined);
      ahead.push(made);
      if (this.#thread === undefined || ahead.length > atMostAhead) yield* this.#next(ahead);
    }
    while (ahead.length > 0) yield* this.#next(ahead);
  }

  async end(): Promise<void> {
    await this.#thread?.end();
  }

  /** On the thread, unless there is none or it has enough. */
  async #deflate<File extends KnownFile>(files: readonly File[]): Promise<Batch<File>> {
    const memory = this.#free.pop();
    const thread = this.#thread;
    const isThreads = thread !== undefined && thread.asked < asked;
    return { files, deflated: isThreads ? await thread.deflate({ files, memory }) : deflateFiles(files, memory) };
  }

  async *#next<File>(ahead: Promise<Batch<File>>[]): AsyncGenerator<Batch<File>> {
    const first = await ahead.shift();
    if (first === undefined) return;
    yield first;
    this.#free.push(first.deflated.memory);
  }
}

/** A worker thread; it answers in the order in which it was asked. */
class Thread {
  readonly #asked: { resolve(deflated: Deflated): void; reject(error: unknown): void }[] = [];
  readonly #worker = new Worker(new URL('./deflate-thread.ts', import.meta.url), {
    execArgv: [...process.execArgv, '--import', new URL('../../bin/typescript.js', import.meta.url).href],
    // Files' bytes lie outside of the heap and are freed with it: with a small one soon.
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

  /** Ends when what it was asked for is done: to end a thread within zlib aborts the whole process. */
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
