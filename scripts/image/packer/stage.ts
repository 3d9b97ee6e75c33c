import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeTemporary } from '../../temporary.ts';
import type { ImageFile } from '../image-files.ts';

/** A temporary folder with what Packer uploads: exactly the bytes that the bake key was made of. */
export interface Stage {
  /** The folder to upload, named vendhost. */
  readonly folder: string;
  readonly temporaryDirectory: string;
  /** Writes the builder's private key for its owner alone, and returns the file. */
  writeKey(privateKey: string): Promise<string>;
  writeVariables(variables: Record<string, unknown>): Promise<string>;
  remove(): Promise<void>;
}

export async function makeStage(base: readonly ImageFile[], scripts: readonly ImageFile[]): Promise<Stage> {
  const root = await makeTemporary('bake');
  const folder = join(root, 'vendhost');
  const temporaryDirectory = join(root, 'tmp');
  await mkdir(temporaryDirectory);
  await write(join(folder, 'base'), base);
  await write(join(folder, 'infrastructure'), scripts);
  return {
    folder,
    temporaryDirectory,
    async writeKey(privateKey) {
      const file = join(root, 'builder.pem');
      await writeFile(file, privateKey, { mode: 0o600 });
      return file;
    },
    async writeVariables(variables) {
      const file = join(root, 'variables.json');
      await writeFile(file, JSON.stringify(variables), { mode: 0o600 });
      return file;
    },
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}

async function write(folder: string, files: readonly ImageFile[]): Promise<void> {
  for (const { path, executable, bytes } of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, bytes, { mode: executable ? 0o755 : 0o644 });
  }
}
