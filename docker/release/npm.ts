import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { npmRegistry, type Project } from './gitlab.ts';

/** Longest time of `npm publish`, in milliseconds. */
const limitMs = 5 * 60_000;

/** Publishes the package of a checkout to the project's registry. npm reads the token from a temporary file, which is removed. */
export async function publishPackage(directory: string, at: Project, distTag: string): Promise<void> {
  const registry = npmRegistry(at);
  const folder = await mkdtemp(join(tmpdir(), 'vendhost-npm-'));
  const config = join(folder, 'npmrc');
  try {
    await writeFile(config, `${registry.replace(/^https?:/, '')}:_authToken=\${VENDHOST_RELEASE_TOKEN}\n`, {
      mode: 0o600,
    });
    const words = ['publish', '--ignore-scripts', '--registry', registry, '--tag', distTag, '--userconfig', config];
    const { failed, stderr } = await execa('npm', words, {
      cwd: directory,
      env: { VENDHOST_RELEASE_TOKEN: at.token },
      reject: false,
      stdin: 'ignore',
      timeout: limitMs,
    });
    if (failed) throw new Error(`npm publish failed: ${stderr}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
