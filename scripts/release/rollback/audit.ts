import { appendAudit, readActor } from '../../audit/append.ts';
import type { Aws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { messageOf } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import type { Followed } from '../follow.ts';
import type { Rollback } from './plan-rollback.ts';
import { softwareWords } from './rollback-words.ts';

/** Where and why something is taken back. */
export interface Audited<T> {
  readonly place: Place;
  readonly bucket: string;
  readonly target: string;
  readonly before: string;
  readonly after: (result: T) => string;
  readonly reason: string;
}

/** Does a part of a rollback and records it, whether it ends well or not. */
export async function audited<T>(runtime: Runtime, aws: Aws, entry: Audited<T>, work: () => Promise<T>): Promise<T> {
  const { place, bucket, after, ...rest } = entry;
  const append = async (ended: string) =>
    await appendAudit(aws, bucket, place, {
      ...rest,
      action: 'release rollback',
      after: ended,
      by: await readActor(aws, runtime),
    });
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await append(`failed: ${messageOf(error)}`).catch((lost: unknown) => {
      runtime.out.warn(`no audit record of this: ${messageOf(lost)}`);
    });
    throw error;
  }
  await append(after(result));
  return result;
}

/** The record of a release that goes back. */
export function auditOf(
  { from, to, of }: Rollback,
  {
    executionId,
    reason = '',
    ...where
  }: Pick<Audited<never>, 'place' | 'bucket'> & {
    executionId: string;
    reason?: string | undefined;
  },
): Audited<Followed> {
  return {
    ...where,
    target: executionId,
    before: from === undefined ? of : softwareWords(from),
    after: ({ outcome }) => `${endOf(outcome.kind)}${softwareWords(to)}`,
    reason,
  };
}

/** What waits for an approval has not failed. */
function endOf(kind: Followed['outcome']['kind']): string {
  if (kind === 'succeeded') return '';
  return kind === 'waiting' ? 'waiting for approval: ' : `failed: ${kind}: `;
}
