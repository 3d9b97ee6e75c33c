import { availableParallelism } from 'node:os';
import type { Tinypool } from 'tinypool';
import type { RevisionFile } from '../repository/collect.ts';
import { type Deflated, type Digest, deflateFiles, type HashedFile, hashFiles } from './file-work.ts';

/** A thread takes some 50 ms to start: below this many bytes the main one is done sooner alone. */
const worthThreads = 4 * 1024 ** 2;
/** What a thread is given at a time; the answers of all threads are held in memory until they are used. */
const batchBytes = 256 * 1024;

/** Reads files on as many threads as help: hashing and compressing is most of the time of a push. */
export class FileWorkers {
  readonly #signal: AbortSignal;
  #pool: Promise<Tinypool> | undefined;

  constructor(files: readonly RevisionFile[], signal: AbortSignal) {
    this.#signal = signal;
    const total = files.reduce((sum, { size }) => sum + size, 0);
    if (total >= worthThreads) this.#pool = openPool();
  }

  /** The digests of files, in their order. */
  async hash(files: readonly RevisionFile[]): Promise<Digest[]> {
    const batches = batchesOf(files);
    return (await Promise.all(batches.map((batch) => this.#run('hashFiles', hashFiles, batch)))).flat();
  }

  /** The compressed bytes of files, batch after batch, in their order; a few batches are made ahead. */
  async *deflate(files: readonly HashedFile[]): AsyncGenerator<{ files: readonly HashedFile[]; deflated: Deflated }> {
    const ahead: Promise<{ files: readonly HashedFile[]; deflated: Deflated }>[] = [];
    const width = threads() + 1;
    for (const batch of batchesOf(files)) {
      const made = this.#run('deflateFiles', deflateFiles, batch).then((deflated) => ({ files: batch, deflated }));
      // Awaited below; until then a failure must not end the process.
      made.catch(() => undefined);
      ahead.push(made);
      if (ahead.length > width) yield* next(ahead);
    }
    while (ahead.length > 0) yield* next(ahead);
  }

  async close(): Promise<void> {
    await (await this.#pool)?.destroy();
  }

  async #run<In, Out>(name: string, work: (files: In) => Out, files: In): Promise<Out> {
    this.#signal.throwIfAborted();
    const pool = await this.#pool;
    return pool === undefined ? work(files) : ((await pool.run(files, { name, signal: this.#signal })) as Out);
  }
}

async function* next<T>(ahead: Promise<T>[]): AsyncGenerator<T> {
  const first = ahead.shift();
  if (first !== undefined) yield await first;
}

async function openPool(): Promise<Tinypool> {
  const { Tinypool } = await import('tinypool');
  const count = threads();
  const filename = new URL('./file-work.ts', import.meta.url).href;
  return new Tinypool({
    filename,
    runtime: 'worker_threads',
    execArgv: [...process.execArgv, '--import', new URL('../../bin/typescript.js', import.meta.url).href],
    minThreads: count,
    maxThreads: count,
    // Files' bytes lie outside of the heap and are freed with it: with a small one soon.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
}

function threads(): number {
  return Math.min(4, Math.max(2, availableParallelism()));
}

function batchesOf<T extends RevisionFile>(files: readonly T[]): T[][] {
  const batches: T[][] = [];
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
