import type { Place } from '../../config/names.ts';
import { ageWords, timeWords } from '../age.ts';
import type { Maintenance } from './read-maintenance.ts';

/** Maintenance, as JSON has it. */
export interface MaintenanceRow {
  /** ISO 8601; empty where no record says it, as `by` and `job` are. */
  readonly since: string;
  readonly by: string;
  readonly job: string;
}

export function maintenanceRow({ since, by = '', job = '' }: Maintenance): MaintenanceRow {
  return { since: since === undefined ? '' : timeWords(since), by, job };
}

/** ` for 3 h, by ada`; empty where no record says it. */
export function sinceWords({ since, by }: Maintenance, now: number): string {
  return `${since === undefined ? '' : ` for ${ageWords(now - since)}`}${by === undefined ? '' : `, by ${by}`}`;
}

/** How maintenance is begun or ended, by the platform's team. No role of a tenant can do it. */
export function maintenanceSteps(
  to: 'on' | 'off',
  { tenant, environment }: Place,
  page = '<h1>Back soon</h1>',
): string[] {
  const file = `tenants/${tenant}.yml`;
  const line = `maintenance: { ${environment}: ${JSON.stringify(page)} }`;
  return [
    to === 'on'
      ? `the platform's team adds to ${file}: ${line}`
      : `the platform's team removes ${environment} from \`maintenance\` in ${file}`,
    `and vends: vendhost tenant vend ${tenant} --environment ${environment}`,
  ];
}
