import { type Entry, type Part, type Reader, unknownKeys } from './yaml/nodes.ts';

/** One entry of `files`. */
export interface FileCopy {
  /** As written; relative to the revision's root, whether it begins with a slash or not. */
  readonly source: string;
  readonly destination: string;
  readonly part: Part;
}

export const existsBehaviors = ['DISALLOW', 'OVERWRITE', 'RETAIN'] as const;

/** Reads `files`, a list of `source` and `destination` (https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-files.html). */
export function readFiles(reader: Reader, part: Part, os: string): FileCopy[] {
  if (reader.isBlank(part)) {
    reader.warning(part, 'nothing is copied: leave the key out, or list source and destination');
    return [];
  }
  const items = reader.list(part, 'a list of source and destination') ?? [];
  return items.flatMap((item) => readCopy(reader, item, os) ?? []);
}

function readCopy(reader: Reader, item: Part, os: string): FileCopy | undefined {
  const entries = reader.mapping(item, 'a mapping with source and destination');
  if (entries === undefined) return undefined;
  for (const entry of unknownKeys(entries, ['source', 'destination'])) {
    const belongs = entry.key === 'overwrite' || entry.key === 'file_exists_behavior';
    reader.warning(entry, `is ignored${belongs ? ': write file_exists_behavior at the top of the file' : ''}`);
  }
  const source = readSource(reader, item, entries);
  const destination = readDestination(reader, item, entries, os);
  return source === undefined || destination === undefined ? undefined : { source, destination, part: item };
}

function readSource(reader: Reader, item: Part, entries: readonly Entry[]): string | undefined {
  const allowed = 'a path in the revision, or / for all of it';
  const entry = required(reader, item, entries, 'source', allowed);
  const text = entry && reader.text(entry, allowed);
  if (entry === undefined || text === undefined) return undefined;
  if (/[*?[\]]/.test(text)) reader.warning(entry, `"${text}": there are no wildcards here, it is taken as a name`);
  return text;
}

function readDestination(reader: Reader, item: Part, entries: readonly Entry[], os: string): string | undefined {
  const allowed = os === 'windows' ? 'a full Windows path, like c:\\shop' : 'a full path, like /srv/shop';
  const entry = required(reader, item, entries, 'destination', allowed);
  const text = entry && reader.text(entry, allowed);
  if (entry === undefined || text === undefined) return undefined;
  const full = os === 'windows' ? /^[A-Za-z]:[\\/]/.test(text) : text.startsWith('/');
  // The agent makes each folder of the path as it is written, the one before `..` too.
  if (!full || text.split('/').includes('..')) reader.wrong(entry, full ? `${allowed}, without ..` : allowed);
  else return text;
  return undefined;
}

/** The entry of a key that must be there. */
export function required(
  reader: Reader,
  item: Part,
  entries: readonly Entry[],
  key: string,
  allowed: string,
): Entry | undefined {
  const found = entries.find((entry) => entry.key === key);
  if (found === undefined) reader.fault(item, `${key} is missing: must be ${allowed}`);
  return found;
}
