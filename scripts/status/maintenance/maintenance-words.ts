import type { Place } from '../../config/names.ts';
import { ageWords, timeWords } from '../age.ts';
import type { Maintenance } from './read-maintenance.ts';

/** Maintenance, as JSON has it. */
export interface MaintenanceRow {
  /** ISO 8601; empty where no record says it, as `by` and `job` are. */
  readonly since: string;
  readonly by: string;
  readonly job: string;
  /** Whether a job of the tenant's switched it on. */
  readonly switched: boolean;
}

export function maintenanceRow({ since, by = '', job = '', isSwitched }: Maintenance): MaintenanceRow {
  return { since: since === undefined ? '' : timeWords(since), by, job, switched: isSwitched === true };
}

/** ` for 3 h, by ada, switched by the tenant`; without what no record says. */
export function sinceWords({ since, by, isSwitched }: Maintenance, now: number): string {
  const age = since === undefined ? '' : ` for ${ageWords(now - since)}`;
  return `${age}${by === undefined ? '' : `, by ${by}`}${isSwitched === true ? ', switched by the tenant' : ''}`;
}

/** How maintenance ends: by a job of the tenant's where one switched it on. */
export function endSteps({ isSwitched }: Maintenance, place: Place): string[] {
  if (isSwitched !== true) return maintenanceSteps('off', place);
  return [`vendhost host maintenance off --tenant ${place.tenant} --environment ${place.environment}`];
}

/** How the platform's team starts or ends maintenance. No role of a tenant can do it. */
export function maintenanceSteps(
  to: 'on' | 'off',
  { tenant, environment }: Place,
  page = '<h1>Back soon</h1>',
  key: 'maintenance' | 'maintenance_switch' = 'maintenance',
): string[] {
  const file = `tenants/${tenant}.yml`;
  const line = `${key}: { ${environment}: ${JSON.stringify(page)} }`;
  return [
    to === 'on'
      ? `the platform's team adds to ${file}: ${line}`
      : `the platform's team removes ${environment} from \`maintenance\` in ${file}`,
    `and vends: vendhost tenant vend ${tenant} --environment ${environment}`,
  ];
}
