import { parentPort } from 'node:worker_threads';
import { type DeflateTask, deflateFiles } from './file-work.ts';

/** A worker thread that compresses: each message is a task, each answer goes back without being copied. */
parentPort?.on('message', ({ files, memory }: DeflateTask) => {
  const deflated = deflateFiles(files, memory);
  parentPort?.postMessage(deflated, [deflated.memory]);
});
