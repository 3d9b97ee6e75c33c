import { parentPort } from 'node:worker_threads';
import { type DeflateTask, deflateFiles } from './file-work.ts';

/** A worker thread that compresses: each message is a task, each answer goes back without being copied; the last one ends it. */
parentPort?.on('message', (task: DeflateTask | 'end') => {
  if (task === 'end') return parentPort?.close();
  const deflated = deflateFiles(task.files, task.memory);
  parentPort?.postMessage(deflated, [deflated.memory]);
});
