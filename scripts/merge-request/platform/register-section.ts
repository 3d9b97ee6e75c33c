import type { PlatformConfig } from '../../config/platform.ts';
import type { EnvironmentTarget } from '../../platform/targets.ts';
import type { Finding, Gravity } from '../../report/report.ts';
import type { Runtime } from '../../runtime.ts';
import type { RegisterState } from '../../tenant/register/compare-register.ts';
import { nextCommand, registerSummary, rowDetails } from '../../tenant/register/register-lines.ts';
import { mostDetailed, type PlannedRow, planRegister, type RegisterPlan } from '../../tenant/register/register-plan.ts';
import { isUnanswered, type SectionBody } from '../findings/planned-section.ts';

/** What the merge does to tenants of an environment, and what a person has to do. */
export async function registerBody(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
  { directory, id }: { directory: string; id: string },
): Promise<SectionBody> {
  const plan = await planRegister(runtime, platform, target, { directory, details: mostDetailed });
  return {
    summary: registerSummary(plan),
    findings: registerFindings(id, plan, target.config.vending),
  };
}

const titles: Readonly<Record<Exclude<RegisterState, 'as wanted'>, (row: PlannedRow) => string>> = {
  new: ({ tenant }) => `${tenant} is new: it is to be vended`,
  changed: ({ tenant, reasons }) => `${tenant} is to be vended again: ${reasons.join('; ')}`,
  retire: ({ tenant, environment }) =>
    `${tenant} has no file with hosts in ${environment}: it stays until a person retires it`,
  unknown: ({ tenant, reasons }) => `${tenant} could not be compared: ${reasons.join('; ')}`,
};

/** A finding for each tenant that differs. */
export function registerFindings(
  id: string,
  { environment, rows, unread }: RegisterPlan,
  vending: 'people' | 'jobs',
): Finding[] {
  const lost = unread.map((part): Finding => {
    return { id: `${id}/unread/${part}`, gravity: 'unknown', title: `not read, ${part}` };
  });
  const found = rows.flatMap((row): Finding[] => {
    if (row.state === 'as wanted') return [];
    const details = [...(row.state === 'new' || row.state === 'retire' ? row.reasons : []), ...rowDetails(row)];
    const next = stepAfterMerge(row, vending, `vend-${environment}`);
    return [
      {
        id: `${id}/${row.tenant}`,
        gravity: gravityOf(row),
        title: titles[row.state](row),
        ...(details.length === 0 ? {} : { details }),
        ...(next === undefined ? {} : { next }),
        ...(row.state === 'retire' ? {} : { at: { file: `tenants/${row.tenant}.yml` } }),
      },
    ];
  });
  return [...lost, ...found];
}

function gravityOf({ state, refusal, plan }: PlannedRow): Gravity {
  if (refusal !== undefined) return isUnanswered(refusal.code) ? 'unknown' : 'fault';
  const changes = (plan?.stacks ?? []).flatMap((stack) => stack.changes);
  if (changes.some(({ replacement }) => replacement === 'yes')) return 'replacement';
  return state === 'unknown' ? 'unknown' : 'change';
}

function stepAfterMerge(row: PlannedRow, vending: 'people' | 'jobs', job: string): string | undefined {
  const command = nextCommand(row);
  if (command === undefined || row.refusal !== undefined) return command;
  if (row.state === 'retire') return `after the merge, an administrator runs: ${command}`;
  return vending === 'jobs'
    ? `nothing: after the merge, the job ${job} vends it`
    : `after the merge, an administrator runs: ${command}`;
}
