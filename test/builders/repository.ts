import { chmod, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Path -> content; `-> target` is a symbolic link. Names that end in `.sh` are executable. */
export type Tree = Readonly<Record<string, string | Buffer>>;

/** Writes files into a temporary folder that is gone after the run. */
export async function repository(tree: Tree): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-test-'));
  await writeTree(directory, tree);
  return directory;
}

export async function writeTree(directory: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    if (typeof content === 'string' && content.startsWith('-> ')) {
      await symlink(content.slice(3), file);
      continue;
    }
    await writeFile(file, content);
    await chmod(file, path.endsWith('.sh') ? 0o755 : 0o644);
  }
}

export const script = '#!/bin/bash\necho done\n';

/** A tenant repository without a fault. */
export const soundTenant: Tree = {
  'infrastructure/install.sh': script,
  'software/appspec.yml':
    'version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: hooks/after.sh\n      timeout: 60\n',
  'software/hooks/after.sh': script,
};
