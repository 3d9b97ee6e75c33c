import { isAlias } from 'yaml';
import type { Entry, Part, Reader } from './yaml/nodes.ts';

/** The keys of one mapping of an AppSpec. */
export interface Keys {
  /** Key → what its value must be. */
  readonly required: Readonly<Record<string, string>>;
  readonly optional: readonly string[];
  /** What to report for keys that the agent does not read, or that AWS does not document, instead of a list of those it does. */
  readonly others?: Readonly<Record<string, string>>;
}

/**
 * Reports keys of a mapping that are missing, and those that are not read: a misspelt required key is
 * the fault, and is not also reported as missing.
 */
export function checkKeys(reader: Reader, item: Part, entries: readonly Entry[], keys: Keys): void {
  const known = [...Object.keys(keys.required), ...keys.optional];
  const missing = known.filter((key) => !entries.some((entry) => entry.key === key));
  const misspelt = new Set<string>();
  for (const entry of entries) {
    // Aliases are reported once, all together.
    if (known.includes(entry.key) || isAlias(entry.node)) continue;
    const other =
      keys.others !== undefined && Object.hasOwn(keys.others, entry.key) ? keys.others[entry.key] : undefined;
    const close = other === undefined ? meantKey(entry.key, missing) : undefined;
    if (close !== undefined && Object.hasOwn(keys.required, close)) {
      reader.fault(entry, `is not read: write ${close}`);
      misspelt.add(close);
    } else {
      const why = other ?? `is ignored: ${close ? `write ${close}` : `known are ${known.join(', ')}`}`;
      reader.warning(entry, why);
    }
  }
  const gone = Object.entries(keys.required).filter(([key]) => missing.includes(key) && !misspelt.has(key));
  if (gone.length === 0) return;
  const names = gone.map(([key]) => key).join(' and ');
  const [first] = gone.length === 1 ? gone : [];
  reader.fault(item, first ? `${names} is missing: must be ${first[1]}` : `${names} are missing`);
}

/** The key that a misspelt one means: ignoring case, spaces and signs, and one or two letters of a long word. */
export function meantKey(key: string, known: readonly string[]): string | undefined {
  const letters = lettersOf(key);
  if (letters.length > 40) return undefined;
  return known.find((word) => editsBetween(lettersOf(word), letters) <= allowedEdits(word));
}

function allowedEdits(word: string): number {
  return word.length > 6 ? 2 : word.length > 3 ? 1 : 0;
}

function lettersOf(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z]/g, '');
}

/** How many letters must be changed, added, left out, or swapped with their neighbour. */
export function editsBetween(left: string, right: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...left].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...right].entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      const isSwapped = letter === right[column - 1] && left[row - 1] === other;
      const swapped = isSwapped ? (before[column - 1] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(replaced, swapped, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    before = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}
