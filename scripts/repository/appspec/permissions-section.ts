import { isScalar } from 'yaml';
import { aclFault, isDefaultAcl, isRange } from './acls.ts';
import { required } from './files-section.ts';
import { type Entry, type Part, type Reader, unknownKeys } from './yaml/nodes.ts';
import { isPlain, scalarText } from './yaml/scalars.ts';

/** One entry of `permissions`: the parts that must fit the copied files. */
export interface Permission {
  readonly object: string;
  readonly pattern: string;
  readonly except: readonly string[];
  readonly types: readonly string[];
  /** Has an entry of `acls` that only folders may have. */
  readonly hasDefaultAcl: boolean;
  readonly part: Part;
}

const known = ['object', 'pattern', 'except', 'owner', 'group', 'mode', 'acls', 'context', 'type'];
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
  for (const entry of unknownKeys(entries, known)) {
    reader.warning(entry, `is ignored: known are ${known.join(', ')}`);
  }
  const by = (key: string) => reader.optional(entries, key);
  const object = required(reader, item, entries, 'object', 'a full path, like /srv/shop');
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
  const acls = readAcls(reader, by('acls'));
  readContext(reader, by('context'));
  const except = readTexts(reader, by('except'), 'a list of patterns') ?? [];
  const types = readTexts(reader, by('type'), 'a list of file, directory or both', kinds) ?? kinds;
  if (objectText === undefined || patternText === undefined) return undefined;
  const hasDefaultAcl = acls.some(isDefaultAcl);
  return { object: objectText, pattern: patternText, except, types, hasDefaultAcl, part: item };
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

function readContext(reader: Reader, entry: Entry | undefined): void {
  if (entry === undefined) return;
  const entries = reader.mapping(entry, 'a mapping with type and range');
  if (entries === undefined) return;
  for (const item of unknownKeys(entries, ['user', 'name', 'type', 'range'])) {
    reader.warning(item, 'is ignored: known are user, type, range');
  }
  const user = entries.find(({ key }) => key === 'user');
  if (user !== undefined) {
    reader.warning(user, 'has no effect: the agent reads the key name instead of the documented user');
  }
  const name = reader.optional(entries, 'name');
  if (name !== undefined) reader.words(name, 'a text');
  const type = required(reader, entry, entries, 'type', 'an SELinux type');
  if (type !== undefined) reader.words(type, 'an SELinux type');
  // Documented as optional; the agent's Install fails without it.
  const allowed = 'an SELinux range, like s0 or s0-s1:c1,c3.c5';
  const range = required(reader, entry, entries, 'range', allowed);
  const text = range && reader.text(range, allowed);
  if (range !== undefined && text !== undefined && !isRange(text)) reader.wrong(range, allowed);
}

function readTexts(
  reader: Reader,
  entry: Entry | undefined,
  allowed: string,
  values?: readonly string[],
): readonly string[] | undefined {
  if (entry === undefined) return undefined;
  return reader.list(entry, allowed)?.flatMap((item) => {
    const text = reader.text(item, values?.join(' or ') ?? 'a text');
    if (text !== undefined && values !== undefined && !values.includes(text)) reader.wrong(item, values.join(' or '));
    return text ?? [];
  });
}
