import type { StatusPart } from '../../aws/status-part.ts';
import { tableLines } from '../../output.ts';
import { seenOnOneLine } from '../../report/safe-text.ts';
import { ageWords, timeWords } from '../age.ts';
import { type Cost, costReasons, costWords } from './fleet-costs.ts';
import { costCell, type FleetRow, type FleetState, fleetRows } from './fleet-rows.ts';
import type { FleetSnapshot } from './fleet-snapshot.ts';

/** An environment whose tenants could not be listed. */
export interface UnknownEnvironment {
  readonly environment: string;
  readonly why: string;
}

/** What the resources of an environment cost that belong to no tenant. */
export interface SharedCosts {
  readonly environment: string;
  readonly costs: StatusPart<readonly Cost[]>;
}

/** All tenants of all requested environments. */
export interface FleetView {
  /** ISO 8601: when the first of them was read. */
  readonly at: string;
  /** Every tenant is well, or has no host; what is not known is not. */
  readonly well: boolean;
  readonly environments: readonly string[];
  readonly unknown: readonly UnknownEnvironment[];
  readonly counts: Readonly<Record<FleetState, number>>;
  /** Sorted by tenant, then in the order of the environments. */
  readonly rows: readonly FleetRow[];
  /** Of those environments whose costs are asked for. */
  readonly shared: readonly SharedCosts[];
}

export const fleetStates: readonly FleetState[] = ['needs a look', 'unknown', 'well', 'no host'];

/** Decides what is shown of the fleet. */
export function fleetView(snapshots: readonly FleetSnapshot[]): FleetView {
  const environments = snapshots.map(({ environment }) => environment as string);
  const rank = (environment: string) => environments.indexOf(environment);
  const rows = snapshots
    .flatMap(fleetRows)
    .sort((one, other) => one.tenant.localeCompare(other.tenant) || rank(one.environment) - rank(other.environment));
  const unknown = snapshots.flatMap(({ environment, tenants }) =>
    'unknown' in tenants ? [{ environment, why: tenants.unknown }] : [],
  );
  const counts = { 'needs a look': 0, unknown: 0, well: 0, 'no host': 0 };
  for (const { state } of rows) counts[state] += 1;
  const shared = snapshots.flatMap((snapshot) => {
    const { costs } = costCell(snapshot);
    return costs === undefined ? [] : [{ environment: snapshot.environment, costs }];
  });
  return {
    at: timeWords(Math.min(...snapshots.map(({ at }) => at))),
    well: unknown.length === 0 && counts['needs a look'] + counts.unknown === 0,
    ...{ environments, unknown, counts, rows, shared },
  };
}

/** The fleet in one line: `3 tenants in 2 environments: 1 needs a look, 5 well`. */
export function fleetSummary({ rows, environments, unknown, counts }: FleetView): string {
  const tenants = new Set(rows.map(({ tenant }) => tenant)).size;
  const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
  const states = fleetStates.flatMap((state) => (counts[state] === 0 ? [] : [`${counts[state]} ${state}`]));
  const lost = unknown.map(({ environment }) => `the tenants of ${environment} are not known`);
  const said = [...states, ...lost].join(', ');
  return `${plural(tenants, 'tenant')} in ${plural(environments.length, 'environment')}${said === '' ? '' : `: ${said}`}`;
}

/** The fleet for a terminal or a job's log. */
export function fleetLines(view: FleetView): string[] {
  const now = Date.parse(view.at);
  const table = view.rows.map((row) => [
    row.tenant,
    row.environment,
    row.state,
    `${row.release}${row.releasedAt === '' ? '' : `, ${agoWords(row.releasedAt, now)} ago`}`,
    row.instances,
    row.imageCreatedAt === '' ? row.image : `image ${agoWords(row.imageCreatedAt, now)} old`,
    row.driftCheckedAt === '' ? 'drift never checked' : `drift checked ${agoWords(row.driftCheckedAt, now)} ago`,
    ...(row.costs === undefined ? [] : [costWords(row.costs)]),
  ]);
  const needs = view.rows.flatMap(({ tenant, environment, needs: all }) =>
    all.map((need) => `  ${tenant} in ${environment}: ${need}`),
  );
  const lines = [
    fleetSummary(view),
    ...view.unknown.map(({ environment, why }) => `  the tenants of ${environment} are not known: ${why}`),
    ...needs,
    ...costLines(view).map((line) => `  ${line}`),
    ...(table.length === 0 ? [] : ['', ...tableLines(table)]),
  ];
  return lines.map((line) => (/^ */.exec(line)?.[0] ?? '') + seenOnOneLine(line));
}

/** What each environment's own resources cost, and why costs are not known: each reason once. */
export function costLines({ shared, rows }: FleetView): string[] {
  return shared.flatMap(({ environment, costs }) => {
    const own = rows.flatMap((row) => (row.environment === environment && row.costs !== undefined ? [row.costs] : []));
    const reasons = new Set([costs, ...own].flatMap(costReasons));
    const unknown = [...reasons].map((reason) => `costs in ${environment} that are unknown: ${reason}`);
    return [`what is no tenant's in ${environment}: ${costWords(costs)}`, ...unknown];
  });
}

/** How long ago, by the page's own time. */
export function agoWords(time: string, now: number): string {
  return ageWords(now - Date.parse(time));
}
