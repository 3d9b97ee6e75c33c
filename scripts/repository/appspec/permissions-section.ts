import { isScalar } from 'yaml';
import { aclFault, isDefaultAcl, isRange } from './acls.ts';
import { shellSign } from './command-line.ts';
import { checkKeys, type Keys } from './keys.ts';
import type { Entry, Part, Reader } from './yaml/nodes.ts';
import { isPlain, scalarText } from './yaml/scalars.ts';

/** One entry of `permissions`: the parts that must fit the copied files. */
export interface Permission {
  readonly object: string;
  readonly pattern: string;
  readonly except: readonly string[];
  readonly types: readonly string[];
  /** Has an entry of `acls` that only folders may have. */
  readonly hasDefaultAcl: boolean;
  /** Its ACLs or its context are set by a command line with the path in it. */
  readonly isCommand: boolean;
  readonly part: Part;
}

const settings = ['owner', 'group', 'mode', 'acls', 'context'];
const permissionKeys: Keys = {
  required: { object: 'a full path, like /srv/shop' },
  optional: ['pattern', 'except', ...settings, 'type'],
};
const kinds = ['file', 'directory'];

/** Reads `permissions` (https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-permissions.html). */
export function readPermissions(reader: Reader, part: Part, os: string): Permission[] {
  if (reader.isBlank(part)) {
    reader.warning(part, 'nothing is set: leave the key out, or list objects');
    return [];
  }
  if (os === 'windows') {
    reader.fault(part, 'permissions exist on linux only: the deployment fails on windows');
    return [];
  }
  const items = reader.list(part, 'a list of objects with owner, group, mode or acls') ?? [];
  return items.flatMap((item) => readPermission(reader, item) ?? []);
}

function readPermission(reader: Reader, item: Part): Permission | undefined {
  const entries = reader.mapping(item, 'a mapping with object');
  if (entries === undefined) return undefined;
  checkKeys(reader, item, entries, permissionKeys);
  if (entries.every(({ key }) => ['object', 'pattern', 'except', 'type'].includes(key))) {
    reader.warning(item, `nothing is set: write ${settings.slice(0, -1).join(', ')} or ${settings.at(-1)}`);
  }
  const by = (key: string) => reader.optional(entries, key);
  const object = entries.find(({ key }) => key === 'object');
  const objectText = object && readObject(reader, object);
  const pattern = by('pattern');
  const patternText = pattern === undefined ? '**' : reader.text(pattern, 'a quoted text, like "*.sh"');
  for (const key of ['owner', 'group']) {
    const entry = by(key);
    if (entry === undefined) continue;
    const allowed = `the name of ${key === 'owner' ? 'a user' : 'a group'}`;
    const name = reader.text(entry, allowed);
    if (name !== undefined && !isAccountName(name)) reader.wrong(entry, allowed);
  }
  readMode(reader, by('mode'));
  const [acls, context] = [by('acls'), by('context')];
  const hasDefaultAcl = readAcls(reader, acls).some(isDefaultAcl);
  readContext(reader, context);
  const except = readTexts(reader, by('except'), 'a list of patterns', []);
  const types = readTexts(reader, by('type'), 'a list of file, directory or both', kinds, kinds);
  if (objectText === undefined || patternText === undefined || except === undefined || types === undefined) {
    return undefined;
  }
  const isCommand = acls !== undefined || context !== undefined;
  return { object: objectText, pattern: patternText, except, types, hasDefaultAcl, isCommand, part: item };
}

/** Whether a text can be the name of a user or group; a number is none. */
export function isAccountName(text: string): boolean {
  return /^[A-Za-z_][\w.-]*\$?$/.test(text);
}

function readObject(reader: Reader, entry: Entry): string | undefined {
  const allowed = 'a full path, like /srv/shop';
  const text = reader.words(entry, allowed);
  if (text === undefined || text.startsWith('/')) return text;
  reader.wrong(entry, allowed);
  return undefined;
}

function readMode(reader: Reader, entry: Entry | undefined): void {
  if (entry === undefined) return;
  const allowed = '1 to 4 octal digits, quoted when the first is 0, like "0644"';
  const text = isScalar(entry.node) ? scalarText(entry.node) : '';
  if (!/^[0-7]{1,4}$/.test(text)) reader.wrong(entry, allowed);
  // YAML 1.1, which the agent reads, takes a bare 0644 for the number 420.
  else if (isPlain(entry.node) && /^0\d/.test(text)) reader.wrong(entry, `"${text}" in quotes, or ${Number(text)}`);
}

function readAcls(reader: Reader, entry: Entry | undefined): string[] {
  if (entry === undefined) return [];
  const texts: string[] = [];
  for (const item of reader.list(entry, 'a list of entries like u:www-data:rw') ?? []) {
    const text = reader.text(item, 'an entry like u:www-data:rw');
    if (text === undefined) continue;
    const fault = aclFault(text);
    if (fault === undefined) texts.push(text);
    else reader.fault(item, `"${text}" is wrong: ${fault}`);
  }
  return texts;
}

const contextKeys = {
  // The range is documented as optional; the agent's Install fails without it.
  required: { type: 'an SELinux type', range: 'an SELinux range, like s0 or s0-s1:c1,c3.c5' },
  optional: ['name'],
  others: { user: 'has no effect: the agent reads the key name instead of the documented user' },
};

function readContext(reader: Reader, entry: Entry | undefined): void {
  if (entry === undefined) return;
  const entries = reader.mapping(entry, 'a mapping with type and range');
  if (entries === undefined) return;
  checkKeys(reader, entry, entries, contextKeys);
  const by = (key: string) => entries.find((one) => one.key === key);
  readWord(reader, reader.optional(entries, 'name'), 'an SELinux user');
  readWord(reader, by('type'), contextKeys.required.type);
  const range = by('range');
  const text = range && reader.text(range, contextKeys.required.range);
  if (range !== undefined && text !== undefined && !isRange(text)) reader.wrong(range, contextKeys.required.range);
}

/** A text that becomes a word of a command line. */
function readWord(reader: Reader, entry: Entry | undefined, allowed: string): void {
  const text = entry && reader.words(entry, allowed);
  if (entry !== undefined && text !== undefined && shellSign(text) !== undefined) reader.wrong(entry, allowed);
}

/** The texts of a list; `undefined` when one of them is wrong. */
function readTexts(
  reader: Reader,
  entry: Entry | undefined,
  allowed: string,
  otherwise: readonly string[],
  values?: readonly string[],
): readonly string[] | undefined {
  if (entry === undefined) return otherwise;
  const items = reader.list(entry, allowed);
  const texts = items?.flatMap((item) => {
    const text = reader.text(item, values?.join(' or ') ?? 'a text');
    if (text === undefined || values === undefined || values.includes(text)) return text ?? [];
    reader.wrong(item, values.join(' or '));
    return [];
  });
  return texts?.length === items?.length ? texts : undefined;
}
