import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const page = readFileSync(join(import.meta.dirname, 'costs.md'), 'utf8');

/** The table below a heading of docs/costs.md: its rows by their first cell. Prices are US dollars a month of 730 hours. */
export function costTable(heading: string): Map<string, number[]> {
  const [, part = ''] = page.split(`\n## ${heading}\n`);
  const [text = ''] = part.split('\n## ');
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  return new Map(
    rows.slice(2).map((row) => {
      const [what = '', ...values] = row.split('|').slice(1, -1);
      return [what.trim(), values.map(Number)] as const;
    }),
  );
}

/** The year that the prices of docs/costs.md are of. */
export function yearOfPrices(): string {
  const year = /list prices of us-east-1 as they stood in (\d{4})/.exec(page)?.[1];
  if (year === undefined) throw new Error('docs/costs.md does not say of which year its prices are');
  return year;
}
