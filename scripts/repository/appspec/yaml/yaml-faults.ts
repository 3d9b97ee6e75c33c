import type { Document, LineCounter } from 'yaml';
import { shownValue } from '../../../config/issues.ts';

/** The first thing that keeps a document from being YAML, in words about the file. What follows it is only its echo. */
export function yamlFault(
  { errors, warnings }: Document.Parsed,
  text: string,
  counter: LineCounter,
): { line: number; message: string } | undefined {
  const error = errors[0] ?? warnings.find(({ code }) => code === 'BAD_DIRECTIVE');
  if (error === undefined) return undefined;
  const lines = text.split('\n');
  const strange = lines.findIndex((each) => /^(<{7}|={7}|>{7}|```)/.test(each));
  if (strange >= 0) {
    const what = lines[strange]?.startsWith('`') ? 'is of Markdown' : 'was left by a merge conflict';
    return { line: strange + 1, message: `${what}: remove it` };
  }
  const line = counter.linePos(error.pos[0]).line;
  const deeper = deeperLine(lines, line);
  const quote = /closing (["'])quote/.exec(error.message)?.[1];
  if (quote !== undefined) {
    const opened = lines.findIndex((each) => isLeftOpen(each, quote));
    return { line: opened < 0 ? line : opened + 1, message: `has a ${quote} that is not closed` };
  }
  if (nested.has(error.code) && deeper !== undefined) {
    const key = keyOf(lines[line - 1]);
    if (key === undefined && /^[\s-]*\w+\s*$/.test(lines[line - 1] ?? '')) {
      return { line, message: `${shownValue(lines[line - 1]?.trim())} has no colon after it` };
    }
    const below = key === undefined ? `line ${line}` : `${key} in line ${line}`;
    return { line: deeper, message: `${keyOf(lines[deeper - 1])} is indented deeper than ${below}: align them` };
  }
  return { line, message: words(error.code, lines[line - 1] ?? '') };
}

/** What a key gets that stands deeper than the text above it. */
const nested = new Set(['BLOCK_AS_IMPLICIT_KEY', 'MULTILINE_IMPLICIT_KEY']);

function words(code: string, line: string): string {
  const star = /(?:^|[:\-,[{]\s*)(\*\S*)/.exec(line)?.[1];
  if (star !== undefined) return `${star} must be in quotes: write "${star}"`;
  if (code === 'TAB_AS_INDENT' || /^\s*\t/.test(line)) return 'is indented with a tab: use spaces';
  if (/^[\s-]*[\w.-]+:\s+[^"'\s{[#][^#]*:\s/.test(line))
    return 'has a second colon: put the text after the first in quotes';
  const isPlainKey = keyOf(line) !== undefined && !/["'[\]{}]/.test(line);
  switch (code === 'MISSING_CHAR' && isPlainKey ? 'BAD_INDENT' : code) {
    case 'BAD_SCALAR_START':
      return `${shownValue(/[@`%]\S*/.exec(line)?.[0] ?? line.trim())} must be in quotes`;
    case 'BAD_DQ_ESCAPE':
      return 'has a backslash in double quotes that means nothing: use single quotes';
    case 'MISSING_CHAR':
      return 'a quote, bracket, comma or colon is missing here or above';
    case 'BAD_INDENT':
    case 'BAD_COLLECTION_TYPE':
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'BLOCK_IN_FLOW':
      return 'is indented wrongly: keys of one mapping, and the dashes of one list, begin in one column';
    case 'BAD_DIRECTIVE':
      return 'no line may begin with %: AppSpec has no such line';
    default:
      return 'is not YAML: look for a missing colon, quote or bracket here or above';
  }
}

/** Whether a value in this line begins with a quote that is not closed in it. */
function isLeftOpen(line: string, quote: string): boolean {
  const at = line.search(new RegExp(`(^|[:,\\-[{])\\s*${quote}`));
  return at >= 0 && line.slice(at).replaceAll(`\\${quote}`, '').split(quote).length % 2 === 0;
}

function deeperLine(lines: readonly string[], line: number): number | undefined {
  const start = columnOf(lines[line - 1] ?? '');
  for (let at = line; at < lines.length; at++) {
    const next = lines[at] ?? '';
    if (/^\s*(#|$)/.test(next)) continue;
    return columnOf(next) > start && keyOf(next) !== undefined ? at + 1 : undefined;
  }
  return undefined;
}

/** Where a line's key begins; a dash is not part of it. */
function columnOf(line: string): number {
  return /^[\s-]*/.exec(line)?.[0].length ?? 0;
}

function keyOf(line: string | undefined): string | undefined {
  return /^[\s-]*([\w.-]+):(\s|$)/.exec(line ?? '')?.[1];
}
