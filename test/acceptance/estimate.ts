import { costTable, yearOfPrices } from '../../docs/cost-tables.ts';

/** One row of what costs by the hour. */
export interface HourlyCost {
  readonly what: string;
  readonly count: number;
  /** US dollars an hour, of all of them. */
  readonly anHour: number;
}

/** Hours of docs/costs.md's month. */
const hoursOfMonth = 730;

/** The shop has two instances, as its vendhost.yml says, and with them two volumes. */
const twice = new Set(['instance t3.small', 'GiB of a volume, gp3']);

/** What the environment and the tenant cost by the hour, from the tables of docs/costs.md. */
export function hourlyCosts(): HourlyCost[] {
  const prices = costTable('Prices');
  return ['An environment', 'A tenant in an environment'].flatMap((heading) =>
    [...costTable(heading)].flatMap(([what, [count = 0]]) => {
      if (what === 'sum') return [];
      const all = twice.has(what) ? 2 * count : count;
      return [{ what, count: all, anHour: (all * (prices.get(what)?.[0] ?? Number.NaN)) / hoursOfMonth }];
    }),
  );
}

/** What a person reads before they say yes. */
export function estimateLines(costs: readonly HourlyCost[], hours: number): string[] {
  const sum = costs.reduce((total, { anHour }) => total + anHour, 0);
  const width = Math.max(...costs.map(({ what }) => what.length));
  return [
    ...costs.map(
      ({ what, count, anHour }) => `${what.padEnd(width)} ${String(count).padStart(4)}  ${dollars(anHour, 4)} an hour`,
    ),
    `${'sum'.padEnd(width)}       ${dollars(sum, 4)} an hour: ${dollars(sum * hours, 2)} for ${hours} hours, ${dollars(sum * 24, 2)} for each day that it is left`,
    'besides, some cents: a builder for minutes, requests, traffic, logs; its key costs nothing while it waits for its deletion',
    `list prices of us-east-1 as they stood in ${yearOfPrices()}, without tax (docs/costs.md); other regions differ by up to a fifth. Nobody has compared them with a bill`,
  ];
}

const dollars = (amount: number, digits: number) => `$${amount.toFixed(digits)}`;
