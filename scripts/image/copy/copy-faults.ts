import { messageOf, VendhostError } from '../../errors.ts';

export function copyFailed(message: string, cause?: unknown): VendhostError {
  return new VendhostError('IMAGE_COPY_FAILED', message, {
    ...(cause === undefined ? {} : { details: [messageOf(cause)], cause }),
    hint: 'run the job again: disks that were copied are not copied again; if it fails again, report it to the platform team',
  });
}

/** Why EBS refused a call of the direct APIs, in its own terms; `undefined` for what is no refusal of EBS's. */
export function ebsReason(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error && thrown.name.endsWith('Exception'))) return undefined;
  const { Reason } = thrown as { Reason?: string };
  return Reason ?? thrown.name;
}

/** Whether it would be refused again: what IAM, a quota, or the request itself is the reason of. */
export function isFinal(thrown: unknown): boolean {
  if (thrown instanceof VendhostError) return true;
  return (
    thrown instanceof Error &&
    /^(AccessDenied|ServiceQuotaExceeded|Conflict|Validation|ExpiredToken|UnrecognizedClient)/.test(thrown.name)
  );
}
