import type { Fault } from '../config/issues.ts';
import { firstLines } from '../config/load.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';

/** A fault stops the job, a warning is shown, a note is what the author may want to know. */
export type Severity = 'fault' | 'warning' | 'note';

export interface CheckFinding extends Fault {
  readonly severity: Severity;
  /** Line in the file, from 1. */
  readonly line?: number;
}

/** `file:line: path: message`, without what is not known. */
export function shownFinding({ file, line, path, message }: CheckFinding): string {
  return [line === undefined ? file : `${file}:${line}`, path, message].filter((part) => part !== '').join(': ');
}

export function onlyOf(findings: readonly CheckFinding[], severity: Severity): CheckFinding[] {
  return findings.filter((finding) => finding.severity === severity);
}

/** Faults as the configuration loader gives them. */
export function fromFaults(faults: readonly Fault[]): CheckFinding[] {
  return faults.map((fault) => ({ ...fault, severity: 'fault' }));
}

/** `1 fault`, `2 faults`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** Shows notes and warnings; throws `CHECK_FAILED` with all faults when there are any. */
export function reportFindings({ out }: Runtime, findings: readonly CheckFinding[]): void {
  for (const note of onlyOf(findings, 'note')) out.detail(shownFinding(note));
  for (const line of firstLines(onlyOf(findings, 'warning').map(shownFinding))) out.warn(line);
  const faults = onlyOf(findings, 'fault');
  if (faults.length === 0) return;
  const files = new Set(faults.map(({ file }) => file)).size;
  const warnings = onlyOf(findings, 'warning').length;
  const also = warnings === 0 ? '' : ` (and ${counted(warnings, 'warning')})`;
  throw new VendhostError('CHECK_FAILED', `${counted(faults.length, 'fault')} in ${counted(files, 'file')}${also}`, {
    details: firstLines(faults.map(shownFinding)),
    hint: 'fix the lines above and push; `vendhost config check` checks a checkout before that',
  });
}
