import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { shownValue } from '../../config/issues.ts';
import type { Finding, Severity } from '../findings.ts';

/** A part of the AppSpec, with the dotted path it is known by. */
export interface Part {
  readonly node: unknown;
  readonly path: string;
  /** What a finding points at instead of the part itself: the key of a value. */
  readonly at?: unknown;
}

export interface Entry extends Part {
  readonly key: string;
}

/** Collects findings and reads the parts of one AppSpec. */
export class Reader {
  readonly findings: Finding[] = [];
  readonly #file: string;
  readonly #lines: LineCounter;

  constructor(file: string, lines: LineCounter) {
    this.#file = file;
    this.#lines = lines;
  }

  fault(part: Part, message: string): void {
    this.#add('fault', part, message);
  }

  warning(part: Part, message: string): void {
    this.#add('warning', part, message);
  }

  note(part: Part, message: string): void {
    this.#add('note', part, message);
  }

  line(part: Part): number | undefined {
    const start = ((part.at ?? part.node) as Node | undefined)?.range?.[0];
    return start === undefined ? undefined : this.#lines.linePos(start).line;
  }

  /** The entries of a mapping; the agent takes the last of duplicate keys. */
  entries(part: Part & { node: YAMLMap }): Entry[] {
    const found = new Map<string, Entry>();
    for (const { key, value } of part.node.items) {
      const name = scalarText(key) ?? shownValue(key);
      const path = part.path === '' ? name : `${part.path}.${name}`;
      if (found.has(name)) this.warning({ node: key, path }, 'written twice: only the last is read');
      found.set(name, { key: name, node: value, at: key, path });
      if (isBlank(value)) this.#blank.add(path);
      else this.#blank.delete(path);
    }
    return [...found.values()];
  }

  readonly #blank = new Set<string>();

  /** True for `key:` with nothing after it. */
  isBlank(part: Part): boolean {
    return this.#blank.has(part.path);
  }

  /** The text of a scalar, or a fault: used for names, paths and the like. */
  text(part: Part, allowed: string): string | undefined {
    const text = this.isBlank(part) ? undefined : scalarText(part.node);
    if (text === undefined || text === '') this.wrong(part, allowed);
    return text === '' ? undefined : text;
  }

  /** The items of a list; anything else is a fault. */
  list(part: Part, allowed: string): Part[] | undefined {
    if (isSeq(part.node) && !this.isBlank(part)) return itemsOf(part, part.node);
    this.wrong(part, allowed);
    return undefined;
  }

  /** The entries of a mapping; anything else is a fault. */
  mapping(part: Part, allowed: string): Entry[] | undefined {
    if (isMap(part.node) && !this.isBlank(part)) return this.entries({ ...part, node: part.node });
    this.wrong(part, allowed);
    return undefined;
  }

  wrong(part: Part, allowed: string): void {
    // Aliases are reported once, all together.
    if (isAlias(part.node)) return;
    const what = this.isBlank(part) ? 'nothing' : shownNode(part.node);
    this.fault(part, `${what} is wrong: must be ${allowed}`);
  }

  #add(severity: Severity, part: Part, message: string): void {
    const line = this.line(part);
    this.findings.push({
      severity,
      file: this.#file,
      ...(line === undefined ? {} : { line }),
      path: part.path,
      message,
    });
  }
}

function itemsOf(part: Part, list: YAMLSeq): Part[] {
  return list.items.map((node, index) => ({ node, path: `${part.path}.${index}` }));
}

/** A scalar's text as written, without quotes; `undefined` for mappings, lists and null. */
export function scalarText(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

/** True for a scalar written without quotes. */
export function isPlain(node: unknown): boolean {
  return isScalar(node) && node.type === Scalar.PLAIN;
}

function isBlank(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null && (node.source ?? '') === '');
}

function shownNode(node: unknown): string {
  if (isScalar(node)) return isPlain(node) ? (node.source ?? String(node.value)) : shownValue(node.value);
  if (isMap(node)) return 'a mapping';
  return isSeq(node) ? 'a list' : shownValue(node);
}

/** The keys that are not among the known ones. */
export function unknownKeys(entries: readonly Entry[], known: readonly string[]): Entry[] {
  return entries.filter(({ key }) => !known.includes(key));
}
