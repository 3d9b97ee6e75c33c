import { isScalar } from 'yaml';
import { aclFault } from './acls.ts';
import { required } from './files-section.ts';
import { type Entry, isPlain, type Part, type Reader, scalarText, unknownKeys } from './nodes.ts';

/** One entry of `permissions`: the parts that must fit the copied files. */
export interface Permission {
  readonly object: string;
  readonly pattern: string;
  readonly hasExcept: boolean;
  readonly types: readonly string[];
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
  const by = (key: string) => entries.find((entry) => entry.key === key);
  const object = required(reader, item, entries, 'object', 'a full path, like /srv/shop');
  const objectText = object && reader.text(object, 'a full path, like /srv/shop');
  const pattern = by('pattern');
  const patternText = pattern === undefined ? '**' : reader.text(pattern, 'a quoted text, like "*.sh"');
  for (const key of ['owner', 'group']) {
    const entry = by(key);
    if (entry !== undefined) reader.text(entry, `the name of ${key === 'owner' ? 'a user' : 'a group'}`);
  }
  readMode(reader, by('mode'));
  readAcls(reader, by('acls'));
  readContext(reader, by('context'));
  const except = by('except');
  if (except !== undefined) readTexts(reader, except, 'a list of patterns');
  const types = readTypes(reader, by('type'));
  if (objectText === undefined || patternText === undefined) return undefined;
  return { object: objectText, pattern: patternText, hasExcept: except !== undefined, types, part: item };
}

function readMode(reader: Reader, entry: Entry | undefined): void {
  if (entry === undefined) return;
  const allowed = '1 to 4 octal digits, quoted when the first is 0, like "0644"';
  const text = reader.text(entry, allowed);
  if (text === undefined) return;
  if (!/^[0-7]{1,4}$/.test(text)) reader.wrong(entry, allowed);
  // YAML 1.1, which the agent reads, takes a bare 0644 for the number 420.
  else if (isPlain(entry.node) && /^0\d/.test(text)) reader.wrong(entry, `"${text}" in quotes, or ${Number(text)}`);
}

function readAcls(reader: Reader, entry: Entry | undefined): void {
  if (entry === undefined) return;
  for (const item of reader.list(entry, 'a list of entries like u:www-data:rw') ?? []) {
    const text = reader.text(item, 'an entry like u:www-data:rw');
    const fault = text === undefined ? undefined : aclFault(text);
    if (fault !== undefined) reader.fault(item, `"${text}" is wrong: ${fault}`);
  }
}

function readContext(reader: Reader, entry: Entry | undefined): void {
  if (entry === undefined) return;
  const entries = reader.mapping(entry, 'a mapping with type');
  if (entries === undefined) return;
  for (const item of unknownKeys(entries, ['user', 'name', 'type', 'range'])) {
    reader.warning(item, 'is ignored: known are user, type, range');
  }
  if (!entries.some(({ key }) => key === 'type')) reader.fault(entry, 'type is missing: must be an SELinux type');
  for (const item of entries) {
    if (item.key === 'user')
      reader.warning(item, 'has no effect: the agent reads the key name instead of the documented user');
    if (item.key === 'range') readRange(reader, item);
    else if (['user', 'name', 'type'].includes(item.key)) reader.text(item, 'a text');
  }
}

function readRange(reader: Reader, entry: Entry): void {
  const allowed = 'an SELinux range, like s0 or s0-s1:c1,c3.c5';
  const category = String.raw`c\d+(\.c\d+)?`;
  const range = new RegExp(String.raw`^s\d+(-s\d+)?(:${category}(,${category})*)?$`);
  if (!isScalar(entry.node) || !range.test(scalarText(entry.node) ?? '')) reader.wrong(entry, allowed);
}

function readTypes(reader: Reader, entry: Entry | undefined): readonly string[] {
  if (entry === undefined) return kinds;
  return readTexts(reader, entry, 'a list of file, directory or both', kinds) ?? kinds;
}

function readTexts(
  reader: Reader,
  entry: Entry,
  allowed: string,
  values?: readonly string[],
): readonly string[] | undefined {
  const items = reader.list(entry, allowed);
  return items?.flatMap((item) => {
    const text = reader.text(item, values?.join(' or ') ?? 'a text');
    if (text !== undefined && values !== undefined && !values.includes(text)) reader.wrong(item, values.join(' or '));
    return text ?? [];
  });
}
