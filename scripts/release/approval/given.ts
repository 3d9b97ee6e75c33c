import { type AuditEntry, appendAudit } from '../../audit/append.ts';
import { readAudit } from '../../audit/read-audit.ts';
import type { Aws } from '../../aws/session.ts';
import type { Actor } from '../../config/stored.ts';
import type { Runtime } from '../../runtime.ts';
import type { ReleasePipeline } from '../pipeline.ts';
import { readSnapshot } from '../snapshot.ts';
import type { Answer } from './pending.ts';
import type { ShownParts } from './shown.ts';

/** An answer that the approval of an execution has had. */
export interface GivenAnswer {
  readonly executionId: string;
  readonly status: Answer['status'];
  readonly user: string;
  readonly summary: string;
  /** The approval is no longer requested. */
  readonly next: undefined;
  /** Milliseconds since 1970, by CodePipeline's clock. */
  readonly at: number;
}

/**
 * The last answer to an execution's approval, if it is this one and from this user: a command that was killed after it
 * continues from here. `undefined` for any other, and for one that nobody gave in time.
 */
export async function readGiven(
  aws: Aws,
  pipeline: ReleasePipeline,
  executionId: string,
  { status, user }: Pick<GivenAnswer, 'status' | 'user'>,
): Promise<GivenAnswer | undefined> {
  const snapshot = await readSnapshot(aws, pipeline, executionId);
  const approval = snapshot?.actions.findLast(({ category }) => category === 'Approval');
  const { summary = '', update: at = 0 } = approval ?? {};
  // For an expired approval CodePipeline has no summary.
  const isOwn = user !== '' && [',', ':'].some((end) => summary.startsWith(`${status} by ${user}${end}`));
  return isOwn && approval?.status !== 'InProgress'
    ? { executionId, status, user, summary, next: undefined, at }
    : undefined;
}

/** The clocks of CodePipeline and S3 differ. */
const clockMs = 120_000;

/** Writes the record of an answer that was given, unless this user has one. Returns whether it wrote one. */
export async function recordGiven(
  runtime: Runtime,
  aws: Aws,
  parts: ShownParts,
  { by, given, entry }: { by: Actor; given: GivenAnswer; entry: Omit<AuditEntry, 'by'> },
): Promise<boolean> {
  const { action, target } = entry;
  const query = { ...parts.place, action, limit: Number.POSITIVE_INFINITY, since: given.at - clockMs };
  const { records } = await readAudit(aws, parts.bucket, query);
  if (records.some((record) => record.target === target && record.by.user === by.user)) return false;
  const after = `${entry.after}, and recorded later: ${given.summary}`;
  await appendAudit(runtime, aws, parts, { ...entry, after, by });
  return true;
}
