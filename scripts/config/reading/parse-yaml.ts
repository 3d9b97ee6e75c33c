import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Range,
  type YAMLMap,
} from 'yaml';
import { messageOf } from '../../errors.ts';

/** No configuration is half as deep. */
const deepestLevel = 50;

/** A file's content as plain data that is a tree: no recursive aliases, no keys other than texts and numbers. */
export type ParsedYaml = { readonly input: unknown; readonly faults?: undefined } | { readonly faults: string[] };

/** Parses a text as one YAML document, in linear time. */
export function parseYaml(text: string): ParsedYaml {
  try {
    return parseOne(text);
  } catch (thrown) {
    if (thrown instanceof RangeError) return { faults: [tooDeep] };
    // Without quotes a pattern like **/*.php is an alias.
    return { faults: [`${messageOf(thrown)} (a text that begins with * needs quotes)`] };
  }
}

const tooDeep = `it is nested deeper than ${deepestLevel} levels`;

function parseOne(text: string): ParsedYaml {
  const lines = new LineCounter();
  // The parser's own search for duplicate keys compares each with each.
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: true, lineCounter: lines });
  const found = [...document.errors, ...document.warnings];
  if (found.length > 0) {
    const said = found.map(({ code, message }) => parserFault(code, message));
    return { faults: said.includes(tooDeep) ? [tooDeep] : said };
  }
  const faults = treeFaults(document, lines);
  return faults.length > 0 ? { faults } : { input: document.toJS() ?? {} };
}

/** The first line says what and where; the rest shows the source. */
function parserFault(code: string, message: string): string {
  const line = (message.split('\n')[0] ?? '').replace(/:$/, '');
  if (/Maximum call stack/.test(line)) return tooDeep;
  return code === 'MULTIPLE_DOCS' ? line.replace(/^.*?(?= at line)/, 'it has a second document, after ---') : line;
}

interface Walk {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly faults: string[];
  /** How many levels each anchor's node has; `undefined` while it is being read. */
  readonly heights: Map<string, number | undefined>;
}

function treeFaults(document: Document, lines: LineCounter): string[] {
  const walk: Walk = { document, lines, faults: [], heights: new Map() };
  return heightOf(walk, document.contents, 0) > deepestLevel ? [tooDeep] : walk.faults;
}

/** How many levels a node has, with aliases followed; collects the faults in it. */
function heightOf(walk: Walk, node: unknown, depth: number): number {
  if (depth > deepestLevel) return 1;
  if (isAlias(node)) return aliasHeight(walk, node);
  const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
  if (anchor !== undefined) walk.heights.set(anchor, undefined);
  const inner = innerOf(walk, node).map((each) => heightOf(walk, each, depth + 1));
  // A list may have more items than a call may have arguments.
  const height = 1 + inner.reduce((most, each) => Math.max(most, each), 0);
  if (anchor !== undefined) walk.heights.set(anchor, height);
  return height;
}

function aliasHeight({ heights, faults, lines }: Walk, { source, range }: { source: string; range?: Range | null }) {
  const height = heights.get(source);
  if (heights.has(source) && height === undefined) faults.push(`*${source} leads into itself${at(lines, range)}`);
  return height ?? 1;
}

function innerOf(walk: Walk, node: unknown): readonly unknown[] {
  if (isMap(node)) return pairsOf(walk, node).map(({ value }) => value);
  return isSeq(node) ? node.items : [];
}

function pairsOf({ faults, lines }: Walk, { items }: YAMLMap): readonly Pair[] {
  const keys = new Set<string>();
  for (const { key } of items) {
    const where = at(lines, (key as Node | null)?.range);
    if (key !== null && !isScalar(key)) {
      faults.push(`a key is a list, a mapping or an alias${where}: must be a text`);
      continue;
    }
    const name = String(key?.value ?? null);
    if (keys.has(name)) faults.push(`the key ${name.slice(0, 80)} is there twice${where}`);
    keys.add(name);
  }
  return items;
}

function at(lines: LineCounter, range: Range | null | undefined): string {
  if (!range) return '';
  const { line, col } = lines.linePos(range[0]);
  return ` at line ${line}, column ${col}`;
}
