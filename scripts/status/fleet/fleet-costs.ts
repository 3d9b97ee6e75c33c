import type { ResultByTime } from '@aws-sdk/client-cost-explorer';
import type { StatusPart } from '../../aws/status-part.ts';
import type { Environment } from '../../config/environment.ts';

/** What one tenant, or the platform itself, cost in a month; amount and currency as the bill has them. */
export interface Cost {
  /** `2026-05`. */
  readonly month: string;
  /** The bill of that month may still change. */
  readonly isEstimated: boolean;
  readonly cost: StatusPart<{ readonly amount: string; readonly unit: string }>;
}

/** A group of the bill: costs that have both tags, either or none. */
export interface BilledGroup {
  /** Empty: the costs have no such tag, or the tag is not active in the bill. */
  readonly tenant: string;
  readonly environment: string;
  readonly amount: string;
  readonly unit: string;
}

export interface BilledMonth {
  readonly month: string;
  readonly isEstimated: boolean;
  readonly groups: readonly BilledGroup[];
}

/** The tags that costs are grouped by; the payer activates them as cost allocation tags. */
export const costTags = { tenant: 'vendhost:tenant', environment: 'vendhost:environment' } as const;

/** Unblended: what each resource was charged, with what was paid back (https://docs.aws.amazon.com/cost-management/latest/userguide/ce-advanced.html). */
export const costMetric = 'UnblendedCost';

/** The months of that period: `2026-05`, `2026-06`. */
export function monthsAsked(now: Date): string[] {
  const { Start } = billedPeriod(now);
  return [Start.slice(0, 7), now.toISOString().slice(0, 7)];
}

/** The last whole month and this one up to now, in UTC: a bill has days of UTC, and the end is exclusive. */
export function billedPeriod(now: Date): { Start: string; End: string } {
  const day = (year: number, month: number, date: number) =>
    new Date(Date.UTC(year, month, date)).toISOString().slice(0, 10);
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  // Up to tomorrow: on the first day of a month the period would be empty, and later than the next month's first day is refused
  // (https://github.com/aws/aws-sdk-js/issues/2732).
  return { Start: day(year, month - 1, 1), End: day(year, month, now.getUTCDate() + 1) };
}

/**
 * The months of all pages of a response: a month that is too long for a page continues on the next. A requested month that is in none is
 * included with nothing in it.
 */
export function billedMonths(
  pages: readonly (readonly ResultByTime[])[],
  asked: readonly string[] = [],
): BilledMonth[] {
  const months = new Map<string, { isEstimated: boolean; groups: BilledGroup[] }>();
  for (const { TimePeriod, Estimated, Groups = [] } of pages.flat()) {
    const name = (TimePeriod?.Start ?? '').slice(0, 7);
    const month = months.get(name) ?? { isEstimated: false, groups: [] };
    month.isEstimated ||= Estimated !== false;
    for (const { Keys = [], Metrics = {} } of Groups) {
      const { Amount: amount, Unit: unit } = Metrics[costMetric] ?? {};
      if (amount === undefined || unit === undefined) continue;
      month.groups.push({ tenant: tagValue(Keys[0]), environment: tagValue(Keys[1]), amount, unit });
    }
    months.set(name, month);
  }
  for (const month of asked) if (!months.has(month)) months.set(month, { isEstimated: true, groups: [] });
  return [...months].sort(([one], [other]) => one.localeCompare(other)).map(([month, each]) => ({ month, ...each }));
}

/** `vendhost:tenant$shop`: a key has the tag's name, a dollar, and the value, which is empty where there is no tag. */
function tagValue(key = ''): string {
  return key.slice(key.indexOf('$') + 1);
}

/**
 * What a tenant cost in each month, or with an empty name the platform's own resources. Nothing counts as 0: if the bill has nothing,
 * somebody else may pay, or the tags may have been activated later.
 */
export function costsOf(months: readonly BilledMonth[], environment: Environment, tenant: string): Cost[] {
  return months.map(({ month, isEstimated, groups }): Cost => {
    const why = whyUnknown(groups);
    const found = groups.find((group) => group.environment === environment && group.tenant === tenant);
    if (why !== undefined || found === undefined) {
      return { month, isEstimated, cost: { unknown: why ?? 'nothing in the bill has its tags' } };
    }
    return { month, isEstimated, cost: { value: { amount: found.amount, unit: found.unit } } };
  });
}

/** Without one of the tags everything is in the other's groups: then those say nothing either. */
function whyUnknown(groups: readonly BilledGroup[]): string | undefined {
  if (groups.length === 0) return 'the bill has nothing of this account';
  const inactive = inactiveTags(groups);
  if (inactive.length === 0) return undefined;
  return `nothing in the bill has the tag ${inactive.join(' or ')}: the account's payer has to activate it for cost allocation`;
}

function inactiveTags(groups: readonly BilledGroup[]): string[] {
  return (['tenant', 'environment'] as const)
    .filter((tag) => groups.every((group) => group[tag] === ''))
    .map((tag) => costTags[tag]);
}

/** `12.34 USD in 2026-05; 3.21 USD in 2026-06, estimated`, for people: cents are enough. */
export function costWords(costs: StatusPart<readonly Cost[]>): string {
  if ('unknown' in costs) return 'unknown';
  const words = costs.value.map(({ month, isEstimated, cost }) =>
    'unknown' in cost
      ? `unknown in ${month}`
      : `${rounded(cost.value.amount)} ${cost.value.unit} in ${month}${isEstimated ? ', estimated' : ''}`,
  );
  return words.length === 0 ? 'unknown' : words.join('; ');
}

/** Why some of it is not known, each reason once. */
export function costReasons(costs: StatusPart<readonly Cost[]>): string[] {
  if ('unknown' in costs) return [costs.unknown];
  if (costs.value.length === 0) return ['the answer has no month'];
  return [...new Set(costs.value.flatMap(({ cost }) => ('unknown' in cost ? [cost.unknown] : [])))];
}

function rounded(amount: string): string {
  const number = Number(amount);
  // Credits of less than half a cent are no minus nothing.
  return amount.trim() !== '' && Number.isFinite(number) ? number.toFixed(2).replace(/^-(0\.00)$/, '$1') : amount;
}
