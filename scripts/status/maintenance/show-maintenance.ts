import { maintenanceOutput } from '../../../cdk/tenant/entry/rule-groups.ts';
import { withPlanRole } from '../../aws/plan-role.ts';
import { readTenantRecord } from '../../aws/read-facts.ts';
import { openAws } from '../../aws/session.ts';
import type { Environment } from '../../config/environment.ts';
import { names } from '../../config/names.ts';
import { readText } from '../../config/reading/read-text.ts';
import { maintenancePage } from '../../config/tenant.ts';
import { type ExitCode, exitCodes, VendhostError } from '../../errors.ts';
import { seenOnOneLine } from '../../report/safe-text.ts';
import type { Runtime } from '../../runtime.ts';
import { readStack } from '../../stack/stack-state.ts';
import { maintenanceRow, maintenanceSteps, sinceWords } from './maintenance-words.ts';
import { type Maintenance, readBegin } from './read-maintenance.ts';

export interface MaintenanceQuestion {
  readonly tenant: string;
  readonly environment: Environment;
  /** What is wanted; without it the state is shown. */
  readonly wanted: 'on' | 'off' | undefined;
  /** File with the page that is to answer. */
  readonly page: string | undefined;
}

/**
 * Shows whether a page answers for a tenant's hosts, and what the platform's team does about it: no role that asks here may. Exit code 2 when it is
 * not as it is wanted. Only reads, in a job with the tenant's plan role.
 */
export async function showMaintenance(
  runtime: Runtime,
  { wanted, page: file, ...place }: MaintenanceQuestion,
): Promise<ExitCode | undefined> {
  const page = file === undefined ? undefined : await readPage(file);
  const aws = openAws(withPlanRole(runtime, place));
  await readTenantRecord(aws, place);
  const entry = await readStack(aws, names.tenantStack(place, 'entry'));
  const isOn = entry?.outputs[maintenanceOutput] !== undefined;
  const found: Maintenance = isOn ? await readBegin(aws, place) : {};
  const differs = wanted !== undefined && (wanted === 'on') !== isOn;
  // Of maintenance that goes on, the page may be another one.
  const next = differs || (isOn && page !== undefined) ? maintenanceSteps(wanted ?? 'on', place, page) : [];
  const { tenant, environment } = place;
  const state = isOn ? `in maintenance${sinceWords(found, Date.now())}` : 'not in maintenance';
  const job = found.job === undefined ? [] : [`  vended by ${found.job}`];
  const lines = [`${tenant} in ${environment}: ${state}`, ...job, ...next.map((step) => `  next: ${step}`)];
  const value = { tenant, environment, on: isOn, ...maintenanceRow(found), next };
  const text = lines.map((line) => (/^ */.exec(line)?.[0] ?? '') + seenOnOneLine(line)).join('\n');
  runtime.out.result(value, text);
  return differs ? exitCodes.differs : undefined;
}

/** Throws `USAGE` for a page that the platform's file would not take. */
async function readPage(file: string): Promise<string> {
  const read = await readText(file);
  const text = read === undefined || read.fault !== undefined ? '' : read.text.trim();
  const fault = read === undefined ? 'is not there' : (read.fault ?? faultOf(text));
  if (fault === undefined) return text;
  throw new VendhostError('USAGE', `--page ${file} ${fault}`, {
    hint: 'give a file with the page: at most 1024 bytes, HTML if it begins with <, else plain text',
  });
}

function faultOf(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (maintenancePage.safeParse(text).success) return undefined;
  return `has ${Buffer.byteLength(text)} bytes: must have at most 1024`;
}
