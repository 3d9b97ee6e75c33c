import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { shownValue } from '../../../config/issues.ts';
import type { CheckFinding, Severity } from '../../findings.ts';
import { isPlain, kindOf, scalarText } from './scalars.ts';

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
  readonly findings: CheckFinding[] = [];
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

  /** A fault, or a warning where only a build can tell. */
  add(severity: Severity, part: Part, message: string): void {
    this.#add(severity, part, message);
  }

  line(part: Part): number | undefined {
    const start = ((part.at ?? part.node) as Node | undefined)?.range?.[0];
    return start === undefined ? undefined : this.#lines.linePos(start).line;
  }

  /** The entries of a mapping; the agent takes the last of duplicate keys, and merges the mapping of a key `<<`. */
  entries(part: Part & { node: YAMLMap }): Entry[] {
    const found = new Map<string, Entry>();
    for (const { key, value } of part.node.items) {
      const name = isScalar(key) ? scalarText(key) : shownNode(key);
      const path = part.path === '' ? name : `${part.path}.${name}`;
      if (name === '<<' && isMap(value)) {
        for (const entry of this.entries({ node: value, path: part.path })) found.set(entry.key, entry);
        continue;
      }
      if (found.has(name)) this.warning({ node: key, path }, 'written twice: only the last is read');
      found.set(name, { key: name, node: value, at: key, path });
    }
    return [...found.values()];
  }

  /** True for `key:` with nothing after it, and for `~` and `null`. */
  isBlank({ node }: Part): boolean {
    return node === null || (isScalar(node) && kindOf(node) === 'nothing');
  }

  /** An optional entry: a blank one means the same as none, to the agent too, and is a warning. */
  optional(entries: readonly Entry[], key: string): Entry | undefined {
    const entry = entries.find((one) => one.key === key);
    if (entry === undefined || !this.isBlank(entry)) return entry;
    this.warning(entry, 'is blank: write a value, or leave the key out');
    return undefined;
  }

  /** The text of a scalar as written, or a fault: for what the agent takes as text whatever it is. */
  words(part: Part, allowed: string): string | undefined {
    const text = isScalar(part.node) ? stripped(scalarText(part.node)) : '';
    if (isTagged(part)) return undefined;
    if (text !== '' && !this.isBlank(part)) return text;
    this.wrong(part, allowed);
    return undefined;
  }

  /** The text of a scalar, or a fault: the agent fails at numbers and the like. */
  text(part: Part, allowed: string): string | undefined {
    const text = isScalar(part.node) ? scalarText(part.node) : '';
    if (isTagged(part)) return undefined;
    if (text === '' || this.isBlank(part)) {
      this.wrong(part, allowed);
      return undefined;
    }
    const kind = kindOf(part.node);
    if (kind === 'text') return text;
    // Dates are reported once, all together.
    if (kind !== 'date') this.fault(part, `${text} is not a text to the agent: write "${text}" in quotes`);
    return undefined;
  }

  /** The items of a list; anything else is a fault. */
  list(part: Part, allowed: string): Part[] | undefined {
    if (isSeq(part.node)) return itemsOf(part, part.node);
    this.wrong(part, allowed);
    return undefined;
  }

  /** The entries of a mapping; anything else is a fault. */
  mapping(part: Part, allowed: string): Entry[] | undefined {
    if (isMap(part.node)) return this.entries({ ...part, node: part.node });
    this.wrong(part, allowed);
    return undefined;
  }

  wrong(part: Part, allowed: string): void {
    // Aliases and tags are reported once, all together.
    if (isAlias(part.node) || isTagged(part)) return;
    const blank = this.isBlank(part) || (isScalar(part.node) && stripped(scalarText(part.node)) === '');
    const hint =
      /^[a-z_]+:[^\s/\\]/.test(scalarText(part.node)) && isPlain(part.node) ? '; a colon needs a space after it' : '';
    this.fault(part, `${blank ? 'is blank' : `${shownNode(part.node)} is wrong`}: must be ${allowed}${hint}`);
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
  return list.items.map((node, index) => {
    const isBlankItem = isScalar(node) && scalarText(node) === '';
    return {
      node,
      path: `${part.path}.${index}`,
      ...(isBlankItem && part.at ? { at: node.range ? node : part.at } : {}),
    };
  });
}

function shownNode(node: unknown): string {
  if (isScalar(node))
    return kindOf(node) === 'text' && node.type !== 'PLAIN' ? shownValue(node.value) : scalarText(node);
  if (isMap(node)) return isMap(node.items[0]?.key) ? 'a template like {{ name }}' : 'a mapping';
  if (isSeq(node)) return 'a list';
  return isCollection(node) || isPair(node) ? 'a collection' : shownValue(node);
}

function isTagged({ node }: Part): boolean {
  return isNode(node) && node.tag !== undefined;
}

/** As the agent's Ruby strips: other spaces of Unicode are letters to it. */
function stripped(text: string): string {
  return text.replaceAll(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '');
}
