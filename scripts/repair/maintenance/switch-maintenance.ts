import { auditBefore } from '../../audit/audit-before.ts';
import { maintenanceAction, maintenanceState } from '../../audit/maintenance.ts';
import { withPlanRole } from '../../aws/plan-role.ts';
import { openAws } from '../../aws/session.ts';
import { names, type Place } from '../../config/names.ts';
import { type ExitCode, exitCodes, VendhostError } from '../../errors.ts';
import type { RuleAnswers } from '../../listener/rule-answers.ts';
import type { Runtime } from '../../runtime.ts';
import {
  lookAtMaintenance,
  type MaintenanceLook,
  type MaintenanceQuestion,
  showMaintenance,
} from '../../status/maintenance/show-maintenance.ts';
import { followSwitch, startSwitch } from './automation.ts';

export interface MaintenanceOptions extends MaintenanceQuestion {
  readonly reason: string;
  readonly dryRun: boolean;
}

/** What to do, and what the audit records about it. */
interface SwitchPlan {
  readonly document: string;
  readonly to: 'on' | 'off';
  readonly before: string;
  readonly after: string;
}

const states: Readonly<Record<RuleAnswers, string>> = { instances: 'off', page: 'on', partly: 'on for some hosts' };

/** `undefined` when all rules already answer as wanted. What is on or off for some hosts only is set for all. */
export function planSwitch(
  to: 'on' | 'off',
  { answers, document }: Pick<MaintenanceLook, 'answers'> & { readonly document: string },
  tenant: string,
): SwitchPlan | undefined {
  if (answers === (to === 'on' ? 'page' : 'instances')) return undefined;
  const after = maintenanceState(to === 'on' ? `the page of maintenance_switch in tenants/${tenant}.yml` : undefined);
  return { document, to, before: states[answers], after };
}

/**
 * Switches the maintenance of a tenant whose jobs may, and shows for all others what the platform's team does. Reads with the plan role, switches with the
 * role of jobs that deploy. Throws `SWITCH_FAILED`, `TIMED_OUT` and `USAGE`.
 */
export async function hostMaintenance(runtime: Runtime, options: MaintenanceOptions): Promise<ExitCode | undefined> {
  const { out } = runtime;
  const { wanted, page, reason, dryRun, tenant, environment } = options;
  const place: Place = { tenant, environment };
  const reading = openAws(withPlanRole(runtime, place));
  const look = page === undefined ? await lookAtMaintenance(runtime, reading, place) : undefined;
  const document = look?.document;
  if (wanted === undefined || look === undefined || document === undefined) {
    return await showMaintenance(runtime, options, look);
  }
  const plan = planSwitch(wanted, { answers: look.answers, document }, tenant);
  const where = `${tenant} in ${environment}`;
  const value = { tenant, environment, on: wanted === 'on', hosts: look.hosts };
  if (plan === undefined) {
    out.result({ ...value, changed: false }, `maintenance of ${where} is ${wanted}: nothing to do`);
    return undefined;
  }
  if (dryRun) {
    out.result(
      { ...value, plan },
      `would switch maintenance ${wanted} for ${look.hosts.join(', ')}: it is ${plan.before}`,
    );
    return exitCodes.differs;
  }
  await out.confirm(`switch maintenance ${wanted} for ${look.hosts.join(', ')}?`);
  const aws = openAws(runtime);
  const bucket = names.bucket(environment, await reading.account(), reading.region);
  const { before, after } = plan;
  const entry = { action: maintenanceAction, target: look.hosts.join(', '), before, after, reason };
  const id = await auditBefore(runtime, aws, { place, bucket, ...entry }, async () => {
    const started = await startSwitch(aws, document, wanted);
    out.step(`started the automation ${started} of ${document}`);
    const { status, reason: why } = await followSwitch(aws, started, runtime.signal);
    if (status !== 'Success') throw switchFailed(plan, `the automation ${started} ended as ${status}: ${why}`);
    const { answers } = await lookAtMaintenance(runtime, reading, place);
    if (planSwitch(wanted, { answers, document }, tenant) === undefined) return started;
    throw switchFailed(plan, `the automation ${started} succeeded, and maintenance is ${states[answers]}`);
  });
  out.result(
    { ...value, changed: true, before, automation: id },
    `maintenance of ${where} is ${wanted}, it was ${before}`,
  );
  return undefined;
}

function switchFailed({ to }: SwitchPlan, message: string): VendhostError {
  return new VendhostError('SWITCH_FAILED', message, {
    hint: `run it again: \`vendhost host maintenance ${to}\` sets all rules, whatever they are; another job may have switched meanwhile`,
  });
}
