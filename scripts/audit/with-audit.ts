import type { Aws } from '../aws/session.ts';
import { messageOf } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { type AuditEntry, type AuditPlace, appendAudit, readActor } from './append.ts';

/** An action before it is done. */
export interface AuditedAction extends AuditPlace, Pick<AuditEntry, 'action' | 'target' | 'before' | 'reason'> {}

/**
 * Does an action and writes its record, even when the action fails or is cancelled half-way; its `after` is then `failed: ` and why. If a
 * record cannot be written after a failure, that is a warning: the action's own error matters more.
 *
 * @param afterOf what the action led to
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
  const write = (after: string) => appendAudit(runtime, aws, { place, bucket }, { ...entry, after, by });
  let done: T;
  try {
    done = await work();
  } catch (error) {
    await write(`failed: ${messageOf(error)}`).catch((fault: unknown) =>
      runtime.out.warn(`this ${entry.action} has no audit record: ${messageOf(fault)}`),
    );
    throw error;
  }
  await write(afterOf(done));
  return done;
}
