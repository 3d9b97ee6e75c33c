import { awsError } from '../../aws/foreseen-errors.ts';
import { VendhostError } from '../../errors.ts';
import type { Finding, ReportSection } from '../../report/report.ts';
import type { Runtime } from '../../runtime.ts';
import type { StackPlan } from '../../stack/stack-plan.ts';

/** What is known about a section before its work is done. */
export interface SectionHead {
  readonly id: string;
  readonly title: string;
}

/** The result of a section's work. */
export interface SectionBody {
  readonly summary: string;
  readonly findings: readonly Finding[];
  /** Stacks that it is about. */
  readonly stacks?: readonly StackPlan[];
}

/** A section, and the stacks that GitLab's widget counts the changes of. */
export interface PlannedSection {
  readonly section: ReportSection;
  readonly stacks: readonly StackPlan[];
}

/**
 * Does the work of a section. A foreseen error becomes one of its findings: `unknown` when AWS was not called or did not answer, else a
 * fault that the push would end with. Everything else is rethrown.
 */
export async function planSection(
  runtime: Runtime,
  head: SectionHead,
  work: () => Promise<SectionBody>,
): Promise<PlannedSection> {
  try {
    const body = await work();
    return { section: asSection(head, body), stacks: body.stacks ?? [] };
  } catch (thrown) {
    const finding = foreseenFinding(runtime, head.id, thrown);
    const summary = finding.gravity === 'unknown' ? 'could not be determined' : 'the push would fail';
    return { section: asSection(head, { summary, findings: [finding] }), stacks: [] };
  }
}

export function asSection(head: SectionHead, { summary, findings }: SectionBody): ReportSection {
  const isUnknown = findings.some(({ gravity }) => gravity === 'unknown');
  return { ...head, summary, findings, state: isUnknown ? 'unknown' : findings.length > 0 ? 'found' : 'clean' };
}

/** Codes of errors that say nothing about the merge request: something could not be checked. */
const unanswered = new Set([
  'ACCESS_DENIED',
  'AWS_FAILED',
  'AWS_THROTTLED',
  'AWS_UNAVAILABLE',
  'AWS_UNREADABLE',
  'CREDENTIALS_EXPIRED',
  'CREDENTIALS_REFUSED',
  'ENDPOINT_UNREACHABLE',
  'ENDPOINT_UNTRUSTED',
  'PACKER_MISSING',
  'PACKER_OUTDATED',
  'PLAN_ROLE_MISSING',
  'REGION_MISSING',
  'ROLE_MISSING',
  'ROLE_REFUSED',
  'TIMED_OUT',
]);

/** Whether an error of this code only says that something could not be checked. */
export function isUnanswered(code: string): boolean {
  return unanswered.has(code);
}

/** The error that a check of the push would end with, as a finding among others; nothing when it passes. */
export async function checkFindings(
  runtime: Runtime,
  section: string,
  check: () => Promise<unknown>,
): Promise<Finding[]> {
  try {
    await check();
    return [];
  } catch (thrown) {
    return [foreseenFinding(runtime, section, thrown)];
  }
}

function foreseenFinding({ signal, env }: Runtime, section: string, thrown: unknown): Finding {
  signal.throwIfAborted();
  const error = awsError(thrown, env) ?? thrown;
  if (!(error instanceof VendhostError)) throw thrown;
  const { code, message, details, hint } = error;
  return {
    id: `${section}/${code}`,
    gravity: unanswered.has(code) ? 'unknown' : 'fault',
    title: `${code}: ${message}`,
    ...(details.length === 0 ? {} : { details }),
    next: hint,
  };
}

/** A section that was not checked, and why. */
export function unseenSection(head: SectionHead, why: string, next?: string): PlannedSection {
  const finding: Finding = {
    id: `${head.id}/not-looked-at`,
    gravity: 'unknown',
    title: `not looked at: ${why}`,
    ...(next === undefined ? {} : { next }),
  };
  return { section: asSection(head, { summary: 'not looked at', findings: [finding] }), stacks: [] };
}

/** A section that was not checked because of another section's result. */
export function skippedSection(head: SectionHead, because: SectionHead): PlannedSection {
  return { section: { ...head, summary: `see "${because.title}"`, findings: [], state: 'unknown' }, stacks: [] };
}
