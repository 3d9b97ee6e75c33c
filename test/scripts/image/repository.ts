import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A tenant repository in a temporary folder, with these files in `infrastructure/`. */
export async function tenantRepository(scripts: Record<string, string>, vendhostYml = ''): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-tenant-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, 'infrastructure'));
  for (const [path, text] of Object.entries(scripts)) await writeFile(join(directory, 'infrastructure', path), text);
  if (vendhostYml !== '') await writeFile(join(directory, 'vendhost.yml'), vendhostYml);
  return directory;
}
