import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RevisionFile } from '../collect.ts';
import type { Finding } from '../findings.ts';
import { checkFit, treeOf } from './fit.ts';
import { parseAppSpec } from './parse.ts';

/**
 * Checks the AppSpec of a revision: its grammar, then against the files.
 *
 * @param root the folder the revision is made of
 * @param label its name in findings
 * @param files the folder's files that would be packed
 */
export async function checkAppSpec(root: string, label: string, files: readonly RevisionFile[]): Promise<Finding[]> {
  const named = ['appspec.yml', 'appspec.yaml'].filter((name) => files.some(({ path }) => path === name));
  const [name] = named;
  if (name === undefined) return [await missing(root, label, files)];
  const file = `${label}/${name}`;
  const findings: Finding[] = [];
  if (named.length > 1) {
    findings.push({ severity: 'warning', file, path: '', message: 'the agent reads appspec.yaml beside it first' });
  } else if (name !== 'appspec.yml') {
    findings.push({
      severity: 'warning',
      file,
      path: '',
      message: 'must be called appspec.yml: no other name is documented',
    });
  }
  const text = await readFile(files.find(({ path }) => path === name)?.from ?? '', 'utf8');
  const { spec, findings: ofGrammar } = parseAppSpec(file, text);
  if (spec === undefined) return [...findings, ...ofGrammar];
  if (spec.os === 'windows')
    spec.reader.fault({ node: undefined, path: 'os' }, 'windows never deploys here: virtual hosts run linux');
  const exists = (path: string) => isThere(join(root, path));
  const ofScripts = await checkFit(spec, treeOf(files, label, exists));
  return [...findings, ...ofGrammar.toSorted((left, right) => (left.line ?? 0) - (right.line ?? 0)), ...ofScripts];
}

async function missing(root: string, label: string, files: readonly RevisionFile[]): Promise<Finding> {
  const fault = (message: string): Finding => ({ severity: 'fault', file: `${label}/appspec.yml`, path: '', message });
  if (await isThere(join(root, 'appspec.yml'))) {
    return fault('is left out of the revision by revision.include or revision.ignore of vendhost.yml');
  }
  const close = files.find(({ path }) => /(^|\/)appspec\.(ya?ml|json)$/i.test(path));
  return fault(
    close === undefined ? 'missing' : `missing: there is ${close.path}, but it must be appspec.yml at the top`,
  );
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
