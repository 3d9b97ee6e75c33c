import type { AuditPlace } from '../../audit/append.ts';
import type { AuditedAction } from '../../audit/with-audit.ts';
import type { Followed } from '../follow.ts';
import type { Rollback } from './plan-rollback.ts';
import { softwareWords } from './rollback-words.ts';

/** The audit's name for each part of a rollback. */
export const rollbackAction = 'release rollback';

/** The record of a rollback, before it is done. */
export function auditOf(
  { from, of }: Rollback,
  { executionId, reason = '', ...where }: AuditPlace & { executionId: string; reason?: string | undefined },
): AuditedAction {
  const before = from === undefined ? of : softwareWords(from);
  return { ...where, action: rollbackAction, target: executionId, before, reason };
}

/** The result of the rollback. */
export function auditedEnd({ to }: Rollback, { outcome }: Followed): string {
  return `${endOf(outcome.kind)}${softwareWords(to)}`;
}

/** A release that waits for an approval has not failed. */
function endOf(kind: Followed['outcome']['kind']): string {
  if (kind === 'succeeded') return '';
  return kind === 'waiting' ? 'waiting for approval: ' : `failed: ${kind}: `;
}
