import { rm, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { pushBundle } from './bundle.ts';

/** Writes the snapshot from which jobs start `vendhost revision push`; it is for this version of Node and this architecture, on any processor. */
export async function buildSnapshot(file: string): Promise<void> {
  // Stack traces name it.
  const bundle = `${file}.cjs`;
  await writeFile(bundle, await pushBundle());
  await execa(process.execPath, ['--snapshot-blob', file, '--build-snapshot', bundle]);
  await rm(bundle);
}

const [, script, file] = process.argv;
if (script === import.meta.filename && file !== undefined) await buildSnapshot(file);
