import { checkKeys, type Keys } from './keys.ts';
import type { Entry, Part, Reader } from './yaml/nodes.ts';

/** One entry of `files`. */
export interface FileCopy {
  /** As written; relative to the revision's root, whether it starts with a slash or not. */
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
  checkKeys(reader, item, entries, keysFor(os));
  const source = readSource(reader, entries);
  const destination = readDestination(reader, entries, os);
  return source === undefined || destination === undefined ? undefined : { source, destination, part: item };
}

const behavior = 'is ignored: write file_exists_behavior at the top of the file';
const atTop = 'is ignored: must begin at the left margin, beside files';

function keysFor(os: string): Keys {
  return {
    required: { source: 'a path in the revision, or / for all of it', destination: fullPath(os) },
    optional: [],
    others: { overwrite: behavior, file_exists_behavior: behavior, permissions: atTop, hooks: atTop },
  };
}

function fullPath(os: string): string {
  return os === 'windows' ? 'a full Windows path, like c:\\shop' : 'a full path, like /srv/shop';
}

function readSource(reader: Reader, entries: readonly Entry[]): string | undefined {
  const entry = entries.find(({ key }) => key === 'source');
  const text = entry && reader.text(entry, 'a path in the revision, or / for all of it');
  if (entry === undefined || text === undefined) return undefined;
  if (/[*?[\]]/.test(text)) reader.warning(entry, `"${text}": there are no wildcards here, it is taken as a name`);
  return text;
}

function readDestination(reader: Reader, entries: readonly Entry[], os: string): string | undefined {
  const allowed = fullPath(os);
  const entry = entries.find(({ key }) => key === 'destination');
  const text = entry && reader.text(entry, allowed);
  if (entry === undefined || text === undefined) return undefined;
  const full = os === 'windows' ? /^[A-Za-z]:[\\/]/.test(text) : text.startsWith('/');
  // The agent creates each folder of the path as it is written, including the one before `..`.
  if (!full || text.split('/').includes('..')) reader.wrong(entry, full ? `${allowed}, without ..` : allowed);
  else return text;
  return undefined;
}
