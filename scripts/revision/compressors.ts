import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Compressed, changed, compressFile } from './compress.ts';
import type { Answer } from './compress-worker.ts';
import { type HashedFile, unhurried } from './hash.ts';

/** Below this many bytes threads take longer to start than to help. */
const worthThreads = 8 * 1024 * 1024;
const batchBytes = 1024 * 1024;
const batchFiles = 256;
/** Batches under way for each thread: one it works on, one that waits. */
const ahead = 2;

/** Compresses files, on all cores when there is enough to do, and yields them in their order. */
export async function* compressAll(files: readonly HashedFile[], signal: AbortSignal): AsyncGenerator<Compressed> {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total < worthThreads || availableParallelism() < 2) {
    for await (const file of unhurried(files, signal)) yield compressFile(file);
    return;
  }
  const threads = Array.from({ length: Math.min(4, availableParallelism()) }, () => new Thread());
  try {
    const underway: Promise<Compressed[]>[] = [];
    for (const [index, batch] of batchesOf(files).entries()) {
      signal.throwIfAborted();
      const thread = threads[index % threads.length] as Thread;
      underway.push(thread.compress(batch));
      if (underway.length >= threads.length * ahead) yield* await (underway.shift() as Promise<Compressed[]>);
    }
    for (const batch of underway) yield* await batch;
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
}

/** Neighbouring files, together about as large as `batchBytes`. */
export function batchesOf(files: readonly HashedFile[]): HashedFile[][] {
  const batches: HashedFile[][] = [];
  let room = 0;
  for (const file of files) {
    const last = batches.at(-1);
    if (last === undefined || room < file.size || last.length === batchFiles) {
      batches.push([file]);
      room = batchBytes - file.size;
    } else {
      last.push(file);
      room -= file.size;
    }
  }
  return batches;
}

/** A thread that compresses one batch after the other, and answers in the order it was asked. */
class Thread {
  readonly #worker = new Worker(new URL('./compress-worker.ts', import.meta.url));
  readonly #waiting: { resolve: (files: Compressed[]) => void; reject: (reason: unknown) => void }[] = [];

  constructor() {
    this.#worker.on('message', (answer: Answer) => {
      const asked = this.#waiting.shift();
      if ('changed' in answer) asked?.reject(changed(answer.changed));
      else asked?.resolve(split(answer));
    });
    this.#worker.on('error', (error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
  }

  compress(files: readonly HashedFile[]): Promise<Compressed[]> {
    const answer = new Promise<Compressed[]>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(files);
    });
    // Awaited in its turn; until then a failure must not count as unhandled.
    answer.catch(() => undefined);
    return answer;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

function split({ methods, sizes, bytes }: Exclude<Answer, { changed: string }>): Compressed[] {
  let at = 0;
  return sizes.map((size, index) => {
    at += size;
    return { method: methods[index] ?? 0, data: bytes.subarray(at - size, at) };
  });
}
