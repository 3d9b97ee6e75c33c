import { refusalOf } from '../../aws/refusal.ts';
import type { Finding, ReportSection } from '../../report/report.ts';
import type { DriftContext } from '../checks.ts';

/** What a check is, and how many things it looked at: `12 alarms`. */
export interface Looked {
  readonly id: string;
  readonly title: string;
  readonly count: string;
}

/** The section of a check in an environment. What could not be looked at keeps it from being clean. */
export function checkSection(
  { environment }: Pick<DriftContext, 'environment'>,
  { id, title, count }: Looked,
  found: readonly Finding[],
): ReportSection {
  const section = `${environment}/${id}`;
  const findings = found.map((finding) => ({ ...finding, id: `${section}/${finding.id}` }));
  const unknown = findings.filter(({ gravity }) => gravity === 'unknown').length;
  const differ = findings.length - unknown;
  const parts = [
    ...(differ > 0 ? [`${differ} to put right`] : []),
    ...(unknown > 0 ? [`${unknown} not checked`] : []),
    ...(findings.length === 0 ? ['nothing to fix'] : []),
  ];
  return {
    id: section,
    title: `${title} of ${environment}`,
    summary: `${count}: ${parts.join(', ')}`,
    state: differ > 0 ? 'found' : unknown > 0 ? 'unknown' : 'clean',
    findings,
  };
}

/**
 * Looks at one of several things: where AWS or GitLab refuses a read of it, that is a finding of its own, and the others are
 * looked at all the same. Throws what is a fault of this program.
 * @param about first part of the finding's id, and its subject
 */
export async function orNotChecked(
  { runtime }: Pick<DriftContext, 'runtime'>,
  about: string,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (thrown) {
    runtime.signal.throwIfAborted();
    const error = refusalOf(thrown, runtime);
    if (error === undefined) throw thrown;
    return [notChecked(about, `${error.code}: ${error.message}`, error.hint)];
  }
}

export function notChecked(about: string, reason: string, next: string): Finding {
  return { id: `${about}/not-checked`, gravity: 'unknown', title: `${about} was not checked: ${reason}`, next };
}

/** `1 tenant`, `2 tenants`. */
export function howMany(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
