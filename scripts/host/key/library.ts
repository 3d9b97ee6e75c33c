import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The code that determines a host's stacks; package.json has the version of the CDK. */
const folders = ['cdk', 'scripts/config', 'scripts/host'];

/**
 * This version of Vendhost, as `0.1.0+1a2b3c4d5e6f`: the package's, and a hash of the code that makes hosts, which changes from
 * commit to commit where no version does.
 */
export async function readLibrary(directory = root): Promise<string> {
  const [manifest, ...files] = await Promise.all([
    readFile(join(directory, 'package.json')),
    ...folders.map((folder) => readCode(join(directory, folder), folder)),
  ]);
  const hash = createHash('sha256').update(manifest);
  for (const { path, bytes } of files.flat()) hash.update(`\0${path}\0${bytes.length}\0`).update(bytes);
  const { version } = JSON.parse(manifest.toString()) as { version: string };
  return `${version}+${hash.digest('hex').slice(0, 12)}`;
}

async function readCode(directory: string, folder: string) {
  const entries = await readdir(directory, { recursive: true });
  const paths = entries.filter((entry) => entry.endsWith('.ts')).sort();
  return await Promise.all(
    paths.map(async (path) => ({ path: join(folder, path), bytes: await readFile(join(directory, path)) })),
  );
}
