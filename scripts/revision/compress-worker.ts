import { parentPort } from 'node:worker_threads';
import { VendhostError } from '../errors.ts';
import { compressFile } from './compress.ts';
import type { HashedFile } from './hash.ts';

/** What a worker answers to a batch of files: all their bytes in one buffer, which changes hands without a copy. */
export type Answer =
  | { readonly methods: readonly number[]; readonly sizes: readonly number[]; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly changed: string };

parentPort?.on('message', (files: readonly HashedFile[]) => {
  const packed = [];
  for (const file of files) {
    try {
      packed.push(compressFile(file));
    } catch (error) {
      // An error of ours would arrive without its class; anything else may end the worker.
      if (!(error instanceof VendhostError)) throw error;
      parentPort?.postMessage({ changed: file.path } satisfies Answer);
      return;
    }
  }
  const sizes = packed.map(({ data }) => data.length);
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  for (const { data } of packed) {
    bytes.set(data, at);
    at += data.length;
  }
  const answer: Answer = { methods: packed.map(({ method }) => method), sizes, bytes };
  parentPort?.postMessage(answer, [bytes.buffer]);
});
