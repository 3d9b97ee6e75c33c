import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
} from 'yaml';
import type { CheckFinding } from '../findings.ts';
import { existsBehaviors, type FileCopy, readFiles } from './files-section.ts';
import { isEvent, meant } from './hook-events.ts';
import { type Hook, readHooks } from './hooks-section.ts';
import { meantKey } from './keys.ts';
import { type Permission, readPermissions } from './permissions-section.ts';
import { appSpecText, lookAlike } from './yaml/bytes.ts';
import { type Entry, type Part, Reader } from './yaml/nodes.ts';
import { isPlain, kindOf, scalarText } from './yaml/scalars.ts';
import { yamlFault } from './yaml/yaml-faults.ts';

/** A parsed AppSpec, with the reader to add findings to. */
export interface AppSpec {
  readonly os: string;
  readonly osPart: Part;
  readonly files: readonly FileCopy[];
  readonly permissions: readonly Permission[];
  readonly hooks: readonly Hook[];
  readonly reader: Reader;
}

const known = ['version', 'os', 'files', 'permissions', 'hooks', 'file_exists_behavior'];
const root: Part = { node: undefined, path: '' };

/**
 * Reads an AppSpec by the documented grammar for EC2
 * (https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure.html), as YAML of the agent's kind;
 * where the agent is laxer, the documentation counts. Without a usable document there are only findings.
 */
export function parseAppSpec(file: string, bytes: Uint8Array): { spec?: AppSpec; findings: readonly CheckFinding[] } {
  const decoded = appSpecText(bytes);
  if (!('text' in decoded)) return { findings: [{ severity: 'fault', file, path: '', ...decoded }] };
  const { text } = decoded;
  const lines = new LineCounter();
  const reader = new Reader(file, lines);
  const { findings } = reader;
  // Scalars are read as the agent reads them, in scalars.ts; here they are all text.
  const settings = { lineCounter: lines, uniqueKeys: false, prettyErrors: false, schema: 'failsafe', version: '1.1' };
  const documents = parseAllDocuments(text, settings as Parameters<typeof parseAllDocuments>[1]);
  const [document, second] = 'empty' in documents ? [] : (documents as Document.Parsed[]);
  const fault = document && yamlFault(document, text, lines);
  if (fault !== undefined) return { findings: [{ severity: 'fault', file, path: '', ...fault }] };
  const contents = document?.contents;
  if (contents === undefined || (isScalar(contents) && kindOf(contents) === 'nothing')) {
    const where = second === undefined ? '' : ' before the second ---';
    reader.fault(root, `is empty${where}: must hold version: 0.0 and os: linux`);
    return { findings };
  }
  if (second !== undefined) reader.warning({ node: second, path: '' }, 'what follows the second --- is ignored');
  if (!isMap(contents)) {
    const what = isScalar(contents) ? 'is text, not an AppSpec' : 'is a list, not an AppSpec';
    if (isScalar(contents) && /^(version|os):\S/.test(scalarText(contents))) {
      reader.fault({ node: contents, path: '' }, 'has no space after a colon: write version: 0.0');
      return { findings };
    }
    reader.fault({ node: contents, path: '' }, `${what}: must be a mapping with version, os, files and hooks`);
    return { findings };
  }
  checkLoading(reader, document as Document.Parsed, text);
  const entries = reader.entries({ node: contents, path: '' });
  const resources = entries.find(({ key, node }) => {
    return key.toLowerCase() === 'resources' || (key === 'Hooks' && isSeq(node));
  });
  if (resources !== undefined) {
    reader.fault(
      resources,
      'this is an AppSpec for ECS or Lambda: one for virtual hosts has os, files and hooks instead',
    );
    return { findings };
  }
  return { spec: readTop(reader, entries), findings };
}

/** What the agent's loader refuses anywhere, or reads in its own way. */
function checkLoading(reader: Reader, document: Document.Parsed, text: string): void {
  const inside: (readonly [number, number])[] = [];
  visit(document, (key, node) => {
    if (!isNode(node)) return;
    const part = { node, path: '' };
    if (isAlias(node)) {
      reader.fault(part, `*${node.source} is an alias to the agent: quote it, or write it out`);
      return;
    }
    const isFlow = isCollection(node) && node.flow === true;
    if (isFlow || (isScalar(node) && !isPlain(node))) inside.push([node.range?.[0] ?? 0, node.range?.[1] ?? 0]);
    if (node.tag !== undefined)
      reader.fault(part, 'has a tag (!…), which AppSpec has not: quote a text that begins with !');
    else if (isScalar(node) && kindOf(node) === 'date') {
      reader.fault(part, `${scalarText(node)} is a date to the agent, which refuses it: write it in quotes`);
    } else if (key === 'key' && isScalar(node) && scalarText(node) === '' && isPlain(node)) {
      reader.fault(part, 'a name is missing before the colon');
    }
  });
  const own = text.slice(0, document.range[2]);
  for (const [line, message] of oddLines) {
    const found = [...own.matchAll(line)].find(({ index }) => {
      return !inside.some(([start, end]) => index > start && index < end);
    });
    if (found !== undefined) reader.fault({ node: { range: [found.index] }, path: '' }, message);
  }
}

/** Lines that the agent's YAML refuses, here or in other positions; each is reported once. */
const oddLines: readonly (readonly [RegExp, string])[] = [
  [/^ *\t[ \t]*(#.*)?$/gm, 'is indented with a tab: use spaces, or leave the line empty'],
  [/^[ -]*\?(?=[ \n])/gm, 'begins with a question mark: AppSpec has no such keys, remove it'],
];

function readTop(reader: Reader, entries: readonly Entry[]): AppSpec {
  const by = (key: string) => entries.find((entry) => entry.key === key);
  const missing = known.filter((key) => by(key) === undefined);
  const meantKeys = entries.flatMap((entry) =>
    known.includes(entry.key) ? [] : (readUnknown(reader, entry, missing) ?? []),
  );
  readAppSpecVersion(reader, by('version'), meantKeys);
  const os = readOs(reader, by('os'), meantKeys);
  const behavior = reader.optional(entries, 'file_exists_behavior');
  if (behavior !== undefined) {
    const allowed = `one of ${existsBehaviors.join(', ')}`;
    const value = reader.text(behavior, allowed);
    if (value !== undefined && !existsBehaviors.some((one) => one === value)) reader.wrong(behavior, allowed);
  }
  const [files, permissions, hooks] = [by('files'), by('permissions'), by('hooks')];
  const copies = files === undefined ? [] : readFiles(reader, files, os);
  if (
    files !== undefined &&
    copies.length > 0 &&
    os === 'linux' &&
    missing.includes('file_exists_behavior') &&
    !meantKeys.includes('file_exists_behavior')
  ) {
    reader.warning(
      files,
      'without file_exists_behavior, Install fails where a file is that the last deployment did not put there: write OVERWRITE, RETAIN or DISALLOW',
    );
  }
  return {
    os,
    osPart: by('os') ?? { node: undefined, path: 'os' },
    files: copies,
    permissions: permissions === undefined ? [] : readPermissions(reader, permissions, os),
    // Events beside it are faults already.
    hooks:
      hooks === undefined || (reader.isBlank(hooks) && entries.some(({ key }) => meant(key) !== undefined))
        ? []
        : readHooks(reader, hooks, os),
    reader,
  };
}

/** Reports a key that the agent does not read; the missing key that it means, if it does. */
function readUnknown(reader: Reader, entry: Entry, missing: readonly string[]): string | undefined {
  const odd = lookAlike(entry.key);
  const close = meantKey(entry.key, missing) ?? meantKey(entry.key, known);
  const event = meant(entry.key);
  if (isEvent(entry.key)) reader.fault(entry, 'its scripts never run: indent it below hooks');
  else if (odd !== undefined) reader.fault(entry, `is not read: it has the character ${odd}`);
  else if (close !== undefined) reader.fault(entry, `is not read: write ${close}`);
  else if (event !== undefined) reader.fault(entry, `its scripts never run: write ${event}, below hooks`);
  else reader.warning(entry, `is ignored: known are ${known.join(', ')}`);
  return close;
}

function readAppSpecVersion(reader: Reader, entry: Entry | undefined, meantKeys: readonly string[]): void {
  const allowed = '0.0, without quotes';
  if (entry === undefined) {
    if (!meantKeys.includes('version'))
      reader.fault({ node: undefined, path: 'version' }, `missing: must be ${allowed}`);
  } else if (scalarText(entry.node) !== '0.0' || !isPlain(entry.node)) reader.wrong(entry, allowed);
}

function readOs(reader: Reader, entry: Entry | undefined, meantKeys: readonly string[]): string {
  if (entry === undefined) {
    if (!meantKeys.includes('os')) reader.fault({ node: undefined, path: 'os' }, 'missing: must be linux');
    return 'linux';
  }
  const os = reader.text(entry, 'linux');
  if (os !== undefined && os !== 'linux' && os !== 'windows') reader.wrong(entry, 'linux');
  return os === 'windows' ? 'windows' : 'linux';
}
