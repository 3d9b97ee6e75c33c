import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { git } from './platform.ts';

/** Files by path; `null` removes one. */
export type Files = Readonly<Record<string, string | null>>;

/** Makes a git repository with one commit. */
export async function createRepository(directory: string, files: Files, branch = 'master'): Promise<string> {
  await mkdir(directory, { recursive: true });
  await git(directory, ['init', '--quiet', `--initial-branch=${branch}`]);
  await commit(directory, files, 'First commit');
  return directory;
}

/** Writes files and commits everything there is; returns the commit. */
export async function commit(repository: string, files: Files, message: string): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(repository, path);
    if (content === null) {
      await rm(file);
      continue;
    }
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  await git(repository, ['add', '--all']);
  await git(repository, ['commit', '--quiet', '--allow-empty', '--message', message]);
  return git(repository, ['rev-parse', 'HEAD']);
}
