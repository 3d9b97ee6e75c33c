import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { keepCompiled } from '../bin/compile-cache.js';

/**
 * Loads all that the command may load, as the user that jobs run as: Node keeps it compiled. The container of a job is new, and
 * would strip and compile it again.
 */
keepCompiled(process.env);
const root = join(import.meta.dirname, '..');
// This one runs the command.
const executable = 'scripts/vendhost.ts';
for await (const file of glob('{scripts,cdk}/**/*.ts', { cwd: root })) {
  if (file !== executable) await import(join(root, file));
}
// Clients are imported where they are used.
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
for (const name of Object.keys(dependencies).filter((each) => each.startsWith('@aws-sdk/client-'))) await import(name);
