import { parentPort } from 'node:worker_threads';
import { deflateFiles, type KnownFile } from './file-work.ts';

/** A worker thread that compresses: each message is a list of files, each answer goes back without being copied. */
parentPort?.on('message', (files: readonly KnownFile[]) => {
  const deflated = deflateFiles(files);
  parentPort?.postMessage(deflated, [deflated.bytes.buffer]);
});
