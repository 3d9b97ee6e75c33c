import { messageOf, VendhostError } from '../../errors.ts';

export function copyFailed(message: string, cause?: unknown): VendhostError {
  return new VendhostError('IMAGE_COPY_FAILED', message, {
    ...(cause === undefined ? {} : { details: [messageOf(cause)], cause }),
    hint: 'run the job again: disks that were copied are not copied again; if it fails again, report it to the platform team',
  });
}

/** Why EBS refused a call of the direct APIs, in its own terms; `undefined` for any other error. */
export function ebsReason(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error && thrown.name.endsWith('Exception'))) return undefined;
  const { Reason } = thrown as { Reason?: string };
  return Reason ?? thrown.name;
}

/** Whether a retry would fail again: the reason is IAM, a quota, or the request itself. */
export function isFinal(thrown: unknown): boolean {
  if (thrown instanceof VendhostError) return true;
  return (
    thrown instanceof Error &&
    /^(AccessDenied|ServiceQuotaExceeded|Conflict|Validation|ExpiredToken|UnrecognizedClient)/.test(thrown.name)
  );
}
