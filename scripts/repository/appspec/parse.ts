import { isAlias, isMap, isNode, LineCounter, parseAllDocuments, visit } from 'yaml';
import { messageOf } from '../../errors.ts';
import type { Finding } from '../findings.ts';
import { existsBehaviors, type FileCopy, readFiles } from './files-section.ts';
import { isEvent } from './hook-events.ts';
import { type Hook, readHooks } from './hooks-section.ts';
import { type Entry, isPlain, type Part, Reader, scalarText, unknownKeys } from './nodes.ts';
import { type Permission, readPermissions } from './permissions-section.ts';

/** A parsed AppSpec, with the reader to add findings to. */
export interface AppSpec {
  readonly os: string;
  readonly files: readonly FileCopy[];
  readonly permissions: readonly Permission[];
  readonly hooks: readonly Hook[];
  readonly reader: Reader;
}

const known = ['version', 'os', 'files', 'permissions', 'hooks', 'file_exists_behavior'];

/**
 * Reads an AppSpec by the documented grammar for EC2
 * (https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure.html);
 * where the agent is laxer, the documentation counts. Without a usable document there are only findings.
 */
export function parseAppSpec(file: string, text: string): { spec?: AppSpec; findings: readonly Finding[] } {
  const lines = new LineCounter();
  const reader = new Reader(file, lines);
  const root: Part = { node: undefined, path: '' };
  const { findings } = reader;
  if (text.startsWith('\uFEFF')) reader.fault(root, 'begins with a byte order mark: save it as UTF-8 without BOM');
  const documents = parseAllDocuments(text.replace(/^\uFEFF/, ''), {
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
  });
  const [document, second] = 'empty' in documents ? [] : documents;
  if (document === undefined || document.contents === null) {
    reader.fault(root, 'is empty: must hold version: 0.0 and os: linux');
    return { findings };
  }
  if (second !== undefined) reader.warning(root, 'what follows the second --- is ignored');
  for (const error of document.errors) {
    const line = lines.linePos(error.pos[0]).line;
    const message = `not YAML: ${messageOf(error)}${aliasHint(text, line)}`;
    findings.push({ severity: 'fault', file, line, path: '', message });
  }
  if (document.errors.length > 0) return { findings };
  visit(document, (_key, node) => {
    if (isAlias(node)) reader.fault({ node, path: '' }, `*${node.source} is an alias: quote it, or write it out`);
    else if (isNode(node) && 'anchor' in node && node.anchor) {
      reader.fault({ node, path: '' }, `&${node.anchor} is an anchor, which the agent refuses: write it out`);
    }
  });
  if (!isMap(document.contents)) {
    reader.wrong({ node: document.contents, path: '' }, 'a mapping with version, os, files and hooks');
    return { findings };
  }
  return { spec: readTop(reader, reader.entries({ node: document.contents, path: '' })), findings };
}

function readTop(reader: Reader, entries: readonly Entry[]): AppSpec {
  const by = (key: string) => entries.find((entry) => entry.key === key);
  for (const entry of unknownKeys(entries, known)) readUnknown(reader, entry);
  readAppSpecVersion(reader, by('version'));
  const os = readOs(reader, by('os'));
  const behavior = by('file_exists_behavior');
  if (behavior !== undefined) {
    const allowed = `one of ${existsBehaviors.join(', ')}`;
    const value = reader.text(behavior, allowed);
    if (value !== undefined && !existsBehaviors.some((one) => one === value)) reader.wrong(behavior, allowed);
  }
  const [files, permissions, hooks] = [by('files'), by('permissions'), by('hooks')];
  return {
    os,
    files: files === undefined ? [] : readFiles(reader, files, os),
    permissions: permissions === undefined ? [] : readPermissions(reader, permissions, os),
    hooks: hooks === undefined ? [] : readHooks(reader, hooks, os),
    reader,
  };
}

function readUnknown(reader: Reader, entry: Entry): void {
  const plural = `${entry.key}s`;
  if (isEvent(entry.key)) reader.fault(entry, 'its scripts never run: indent it below hooks');
  else if (['files', 'hooks', 'permissions'].includes(plural)) reader.fault(entry, `is not read: write ${plural}`);
  else reader.warning(entry, `is ignored: known are ${known.join(', ')}`);
}

function readAppSpecVersion(reader: Reader, entry: Entry | undefined): void {
  const allowed = '0.0, without quotes';
  if (entry === undefined) reader.fault({ node: undefined, path: 'version' }, `missing: must be ${allowed}`);
  else if (reader.isBlank(entry) || scalarText(entry.node) !== '0.0' || !isPlain(entry.node))
    reader.wrong(entry, allowed);
}

function readOs(reader: Reader, entry: Entry | undefined): string {
  if (entry === undefined) {
    reader.fault({ node: undefined, path: 'os' }, 'missing: must be linux');
    return 'linux';
  }
  const os = reader.text(entry, 'linux');
  if (os !== undefined && os !== 'linux' && os !== 'windows') reader.wrong(entry, 'linux');
  return os === 'windows' ? 'windows' : 'linux';
}

/** YAML takes a pattern like `*.sh` without quotes for an alias, which its own message does not say. */
function aliasHint(text: string, line: number): string {
  const written = /:\s+(\*\S*)/.exec(text.split('\n')[line - 1] ?? '')?.[1];
  return written === undefined ? '' : ` (write "${written}" in quotes)`;
}
