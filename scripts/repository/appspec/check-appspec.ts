import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RevisionFile } from '../collect.ts';
import type { CheckFinding } from '../findings.ts';
import { checkFit } from './fit.ts';
import { parseAppSpec } from './parse.ts';
import { treeOf } from './tree.ts';

/** The only name that hooks are read from; only the agent's Install event also accepts appspec.yaml. */
const name = 'appspec.yml';

/**
 * Checks the AppSpec of a revision: its grammar, then against the files.
 *
 * @param root the folder the revision is made of
 * @param label its name in findings
 * @param files the folder's files that would be packed
 * @param isBuilt whether a build may still make a missing path of the folder
 */
export async function checkAppSpec(
  root: string,
  label: string,
  files: readonly RevisionFile[],
  isBuilt: (path: string) => Promise<boolean>,
): Promise<CheckFinding[]> {
  const found = files.find(({ path }) => path === name);
  const file = join(label, name);
  const exists = (path: string) => isThere(join(root, path));
  if (found === undefined) {
    if ((await exists(name)) || !(await isBuilt(name))) return [await missing(file, files, exists)];
    const message = 'is not there, and git ignores it: a build must make it before the revision is packed';
    return [{ severity: 'warning', file, path: '', message }];
  }
  const { spec, findings: ofGrammar } = parseAppSpec(file, await readFile(found.from));
  if (spec === undefined) return [...ofGrammar];
  if (spec.os === 'windows') spec.reader.fault(spec.osPart, 'windows never deploys here: virtual hosts run linux');
  const ofScripts = spec.os === 'windows' ? [] : await checkFit(spec, treeOf(files, label), { exists, isBuilt });
  return [...ofGrammar.toSorted((left, right) => (left.line ?? 0) - (right.line ?? 0)), ...ofScripts];
}

async function missing(
  file: string,
  files: readonly RevisionFile[],
  exists: (path: string) => Promise<boolean>,
): Promise<CheckFinding> {
  const fault = (message: string): CheckFinding => ({ severity: 'fault', file, path: '', message });
  if (await exists(name)) {
    return fault('is left out of the revision by revision.include or revision.ignore of vendhost.yml');
  }
  const close = files.find(({ path }) => /(^|\/)appspec\.(ya?ml|json)$/i.test(path));
  if (close === undefined) return fault('missing');
  const where = close.path.includes('/') ? `${name} at the top` : name;
  return fault(`missing: there is ${close.path}, but it must be ${where}, the only name that hooks are read from`);
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
