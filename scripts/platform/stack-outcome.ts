import { duration, tableLines } from '../output.ts';
import type { StackResult } from '../stack/deploy/deploy-stacks.ts';
import type { StackPlan } from '../stack/stack-plan.ts';

/** What happened to a stack. */
export interface StackOutcome {
  readonly stack: string;
  readonly outcome: 'created' | 'updated' | 'no change';
  /** How long it took; 0 when nothing was done. */
  readonly seconds: number;
}

/** The outcome of a plan; without a result nothing was done. */
export function stackOutcome(
  plan: Pick<StackPlan, 'stack' | 'action'>,
  result?: Pick<StackResult, 'changed' | 'seconds'>,
): StackOutcome {
  const { stack } = plan;
  if (result?.changed !== true) return { stack, outcome: 'no change', seconds: 0 };
  return { stack, outcome: plan.action === 'create' ? 'created' : 'updated', seconds: result.seconds };
}

/** A table of what happened, one stack a line. */
export function outcomeLines(outcomes: readonly StackOutcome[]): string[] {
  return tableLines(
    outcomes.map(({ stack, outcome, seconds }) => [stack, outcome, seconds > 0 ? duration(seconds * 1000) : '']),
  );
}
