import type { Aws } from '../aws/session.ts';
import { messageOf } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { type AuditEntry, type AuditPlace, appendAudit, readActor } from './append.ts';

/**
 * Writes the record of an action and then does it: for actions whose interruption nobody sees afterwards, because the state then is as wanted. A failed
 * action gets a second record, which says so.
 */
export async function auditBefore<T>(
  runtime: Runtime,
  aws: Aws,
  { place, bucket, ...entry }: AuditPlace & Omit<AuditEntry, 'by'>,
  work: () => Promise<T>,
): Promise<T> {
  const by = await readActor(aws, runtime);
  const write = (after: string) => appendAudit(runtime, aws, { place, bucket }, { ...entry, after, by });
  await write(entry.after);
  try {
    return await work();
  } catch (error) {
    await write(`failed: ${messageOf(error)}`).catch((fault: unknown) =>
      runtime.out.warn(`the audit has no record that this failed: ${messageOf(fault)}`),
    );
    throw error;
  }
}
