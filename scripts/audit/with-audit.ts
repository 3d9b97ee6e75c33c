import type { Aws } from '../aws/session.ts';
import { messageOf } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { type AuditEntry, type AuditPlace, appendAudit, readActor } from './append.ts';

/** An action before it is done. */
export interface AuditedAction extends AuditPlace, Pick<AuditEntry, 'action' | 'target' | 'before' | 'reason'> {}

/**
 * Does an action and writes its record, also when the action fails or is cancelled half-way: the record's `after` is then `failed: ` and the reason.
 * The action is done by then, so a failure to write the record is a warning: an error would cause a retry, and lose the action's result.
 *
 * @param afterOf the action's result
 */
export async function withAudit<T>(
  runtime: Runtime,
  aws: Aws,
  { place, bucket, ...entry }: AuditedAction,
  work: () => Promise<T>,
  afterOf: (done: T) => string,
): Promise<T> {
  // Checked before: a caller whose identity is refused should not act.
  const by = await readActor(aws, runtime);
  const write = (after: string) =>
    appendAudit(runtime, aws, { place, bucket }, { ...entry, after, by }).catch((fault: unknown) =>
      runtime.out.warn(`this ${entry.action} has no audit record: ${messageOf(fault)}`),
    );
  let done: T;
  try {
    done = await work();
  } catch (error) {
    await write(`failed: ${messageOf(error)}`);
    throw error;
  }
  await write(afterOf(done));
  return done;
}
