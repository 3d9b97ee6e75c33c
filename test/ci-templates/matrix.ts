import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One cell: something that happens to a branch, and the jobs that it is to start. */
export interface Cell {
  /** Heading of the table. */
  readonly table: string;
  /** What happens, as the table says it. */
  readonly title: string;
  /** Its first word. */
  readonly event: string;
  /** What comes after the event: `the first`, `forced`, … */
  readonly manner: string;
  readonly target: string | undefined;
  readonly changes: string;
  readonly openMergeRequest: boolean;
  readonly branch: string;
  /** The jobs in words, or `- workflow` and `- empty` for no pipeline. */
  readonly expected: readonly string[];
}

const environments: Readonly<Record<string, string>> = { dev: 'dev', staging: 'staging', master: 'production' };

/** The cells of all tables of matrix.md. */
export function readMatrix(): Cell[] {
  const text = readFileSync(join(import.meta.dirname, 'matrix.md'), 'utf8');
  const [sets, ...tables] = text.split(/^## /m).slice(1);
  const jobs = new Map(rowsOf(sets ?? '').map(([set = '', list = '']) => [set, list.split('; ')]));
  return tables.flatMap((table) => cellsOf(table, jobs));
}

function cellsOf(table: string, jobs: ReadonlyMap<string, readonly string[]>): Cell[] {
  const [heading = ''] = table.split('\n');
  const [header, ...rows] = rowsOf(table, true);
  const branches = header?.slice(3) ?? [];
  return rows.flatMap(([title = '', changes = '', open, ...cells]) =>
    branches.map((branch, column) => {
      const [, event = '', target, manner = ''] = /^(\w+)(?: into (\S+))?(?:, (.*))?$/.exec(title) ?? [];
      const cell = cells[column] ?? '';
      const list = cell.startsWith('-') ? [cell] : jobs.get(cell);
      if (list === undefined) throw new Error(`matrix.md: ${heading}: ${title}: ${cell} is no set`);
      const expected = list.map((job) => job.replace(' in E ', ` in ${environments[branch] ?? '?'} `));
      return {
        table: heading,
        title,
        event,
        manner,
        target,
        changes,
        openMergeRequest: open === 'yes',
        branch,
        expected,
      };
    }),
  );
}

function rowsOf(text: string, withHeader = false): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('|--'));
  const rows = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return withHeader ? rows : rows.slice(1);
}
