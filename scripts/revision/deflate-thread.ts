import { parentPort } from 'node:worker_threads';
import { type DeflateTask, deflateFiles } from './file-work.ts';

/** A worker thread that compresses: each message is a task, each result is transferred, not copied; the last message ends it. */
parentPort?.on('message', (task: DeflateTask | 'end') => {
  if (task === 'end') return parentPort?.close();
  const deflated = deflateFiles(task.files, task.memory);
  parentPort?.postMessage(deflated, [deflated.memory]);
});
