import { vendLines } from '../vend-plan.ts';
import type { RegisterState } from './compare-register.ts';
import type { PlannedRow, RegisterPlan } from './register-plan.ts';

const shown: Readonly<Record<RegisterState, string>> = {
  'as wanted': 'no change',
  new: 'new',
  changed: 'changed',
  retire: 'to retire',
  unknown: 'unknown',
};

/** `14 tenants: 1 new, 2 changed, 1 to retire`. */
export function registerSummary({ rows, unread }: RegisterPlan): string {
  const counts = (['new', 'changed', 'retire', 'unknown'] as const).flatMap((state) => {
    const number = rows.filter((row) => row.state === state).length;
    return number === 0 ? [] : [`${number} ${shown[state]}`];
  });
  const all = `${rows.length} ${rows.length === 1 ? 'tenant' : 'tenants'}`;
  const said = counts.length === 0 ? ['no change'] : counts;
  return `${all}: ${[...said, ...(unread.length === 0 ? [] : ['not all could be read'])].join(', ')}`;
}

/** The plan of an environment for people: what differs, why, what a vend would change, and what is to be run. */
export function registerLines(plan: RegisterPlan): string[] {
  return [
    `${plan.environment}: ${registerSummary(plan)}`,
    ...plan.moves.map(({ host, from, to }) => `  ${host} moves from ${from} to ${to}`),
    ...plan.unread.map((part) => `  not read, ${part}`),
    ...plan.rows.filter(({ state }) => state !== 'as wanted').flatMap(rowLines),
  ];
}

function rowLines(row: PlannedRow): string[] {
  const next = nextCommand(row);
  return [
    `  ${row.tenant}: ${shown[row.state]}${row.reasons.length === 0 ? '' : `: ${row.reasons.join('; ')}`}`,
    ...rowDetails(row).map((line) => `    ${line}`),
    ...(next === undefined ? [] : [`    next: ${next}`]),
  ];
}

/** What a vend would change, or be refused with. */
export function rowDetails({ plan, refusal }: PlannedRow): string[] {
  if (refusal !== undefined) return [`refused, ${refusal.code}: ${refusal.message}`];
  return plan === undefined ? [] : vendLines(plan);
}

/** The command that ends the difference; people run it, or a job does. */
export function nextCommand({ state, tenant, environment, refusal, together }: PlannedRow): string | undefined {
  if (refusal !== undefined) return refusal.hint;
  if (state === 'new' || state === 'changed') {
    return `vendhost tenant vend ${(together ?? [tenant]).join(',')} --environment ${environment}`;
  }
  return state === 'retire' ? `vendhost tenant retire ${tenant} --environment ${environment}` : undefined;
}
