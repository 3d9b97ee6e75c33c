import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** First arguments of `VendhostError` that pass on a code which stands elsewhere as a text. */
const passedOn = ['code', 'error.code', "known?.code ?? 'GITLAB_REFUSED'"];

export interface Codes {
  readonly codes: readonly string[];
  /** First arguments that are neither a code nor known to pass one on. */
  readonly unknown: readonly string[];
}

/** Every error code the source can throw: given to `VendhostError` or `combined`, or kept in a table of codes. */
export function codesIn(source: string): Codes {
  const thrown = [...source.matchAll(/new VendhostError\(\s*([^,]+),/g)].map(([, first = '']) => first.trim());
  const unknown = thrown.filter((first) => literal(first) === undefined && !passedOn.includes(first));
  const inside = [
    ...thrown,
    ...[...source.matchAll(/\bcombined\([^,()]+,\s*([^,]+),/g)].map(([, second = '']) => second),
    ...[...source.matchAll(/\bcode: ('[A-Z_]+')/g)].map(([, value = '']) => value),
    ...[...source.matchAll(/\bsuper\(\s*('[A-Z_]+')/g)].map(([, value = '']) => value),
  ];
  const codes = inside.flatMap((text) => text.match(/'[A-Z_]+'/g) ?? []).map((text) => text.slice(1, -1));
  return { codes: [...new Set(codes)].sort(), unknown };
}

function literal(text: string): string | undefined {
  return /^'([A-Z_]+)'$/.exec(text)?.[1];
}

/** The error codes of the whole command. */
export function codesOfScripts(): Codes {
  const files = globSync('scripts/**/*.ts', { cwd: root });
  return codesIn(files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n'));
}

export interface Row {
  readonly codes: readonly string[];
  readonly cells: readonly string[];
}

/** The rows of a page's tables that begin with codes. */
export function codeRows(page: string): Row[] {
  return page.split('\n').flatMap((line) => {
    const cells = line.split('|').slice(1, -1);
    const codes = cells[0]?.match(/`[A-Z][A-Z_]+`/g)?.map((code) => code.slice(1, -1)) ?? [];
    return codes.length === 0 ? [] : [{ codes, cells: cells.map((cell) => cell.trim()) }];
  });
}

/** The runbook, as it is in the repository. */
export function runbook(): string {
  return readFileSync(join(root, 'docs/runbook.md'), 'utf8');
}
