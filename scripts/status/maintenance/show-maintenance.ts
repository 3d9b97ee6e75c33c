import { withPlanRole } from '../../aws/plan-role.ts';
import { readTenantRecord } from '../../aws/read-facts.ts';
import { type Aws, openAws } from '../../aws/session.ts';
import type { Environment } from '../../config/environment.ts';
import { names, type Place } from '../../config/names.ts';
import { readText } from '../../config/reading/read-text.ts';
import { maintenancePage } from '../../config/tenant.ts';
import { type ExitCode, exitCodes, VendhostError } from '../../errors.ts';
import { mayBePaged, type RuleAnswers, readAnswers, switchOf } from '../../listener/rule-answers.ts';
import { seenOnOneLine } from '../../report/safe-text.ts';
import type { Runtime } from '../../runtime.ts';
import { settledStack } from '../../stack/stack-state.ts';
import { maintenanceRow, maintenanceSteps, sinceWords } from './maintenance-words.ts';
import { type Maintenance, readBegin } from './read-maintenance.ts';

export interface MaintenanceQuestion {
  readonly tenant: string;
  readonly environment: Environment;
  /** The wanted state; without it the present state is shown. */
  readonly wanted: 'on' | 'off' | undefined;
  /** File with the page that should answer. */
  readonly page: string | undefined;
}

/** What answers for a tenant's hosts, and who may change that. */
export interface MaintenanceLook {
  readonly hosts: readonly string[];
  /** Name of the document with which the tenant's jobs switch; absent where only the platform's team begins and ends maintenance. */
  readonly document?: string;
  readonly answers: RuleAnswers;
  /** Since when and by whom, while the page answers. */
  readonly found: Maintenance;
}

/** Only reads. Waits until a vend in progress has ended, because it sets the rules. */
export async function lookAtMaintenance(runtime: Runtime, aws: Aws, place: Place): Promise<MaintenanceLook> {
  const { hosts } = await readTenantRecord(aws, place);
  const entry = await settledStack(runtime, aws, names.tenantStack(place, 'entry'));
  const outputs = entry?.outputs ?? {};
  const document = switchOf(outputs);
  const answers = mayBePaged(outputs) ? await readAnswers(aws, outputs) : 'instances';
  const found = answers === 'instances' ? {} : await readBegin(aws, place);
  if (document === undefined) return { hosts, answers, found };
  return { hosts, document, answers, found: answers === 'instances' ? found : { ...found, isSwitched: true } };
}

/**
 * Shows whether a page answers for a tenant's hosts, and if its jobs may not switch that, what the platform's team must do. Exit code 2 when it is
 * not as it is wanted. Only reads, in a job with the tenant's plan role.
 */
export async function showMaintenance(
  runtime: Runtime,
  { wanted, page: file, ...place }: MaintenanceQuestion,
  look?: MaintenanceLook,
): Promise<ExitCode | undefined> {
  const page = file === undefined ? undefined : await readPage(file);
  const seen = look ?? (await lookAtMaintenance(runtime, openAws(withPlanRole(runtime, place)), place));
  const { answers, found, document } = seen;
  const isOn = answers !== 'instances';
  const differs = wanted !== undefined && (wanted === 'on') !== isOn;
  // Of maintenance that goes on, the page may be another one.
  const asks = document === undefined ? differs || (isOn && page !== undefined) : page !== undefined;
  const key = document === undefined ? 'maintenance' : 'maintenance_switch';
  const next = asks ? maintenanceSteps(wanted ?? 'on', place, page, key) : [];
  const { tenant, environment } = place;
  const lines = [
    `${tenant} in ${environment}: ${answerWords(seen)}`,
    ...(found.job === undefined ? [] : [`  ${document === undefined ? 'vended' : 'switched'} by ${found.job}`]),
    ...(document === undefined ? [] : [`  its jobs may switch it: vendhost host maintenance on, or off`]),
    ...next.map((step) => `  next: ${step}`),
  ];
  const value = { tenant, environment, on: isOn, ...maintenanceRow(found), next };
  const text = lines.map((line) => (/^ */.exec(line)?.[0] ?? '') + seenOnOneLine(line)).join('\n');
  runtime.out.result(value, text);
  return differs ? exitCodes.differs : undefined;
}

function answerWords({ answers, found, document }: Omit<MaintenanceLook, 'hosts'>): string {
  if (answers === 'instances') return 'not in maintenance';
  const next = document === undefined ? '' : ': switch it again';
  const some = answers === 'partly' ? `; the page answers for some of its hosts only${next}` : '';
  return `in maintenance${sinceWords(found, Date.now())}${some}`;
}

/** Throws `USAGE` for a page that the platform's file would not accept. */
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
