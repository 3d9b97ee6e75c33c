/** `unknown` is what could not be determined, and why; it is never fine, and never a fault. */
export type FindingStatus = 'ok' | 'fault' | 'unknown' | 'absent';

/** What the doctor found out about one thing. */
export interface DoctorFinding {
  /** Its own parts decide whether an image is healthy; the surroundings are a job's. */
  readonly part: 'image' | 'surroundings';
  readonly check: string;
  readonly status: FindingStatus;
  readonly detail: string;
  /** Of a program. */
  readonly version?: string;
  /** What the reader can do about it. */
  readonly hint?: string;
}

/** The rows as people read them: faults are not sorted first, so that two runs can be compared line by line. */
export function findingRows(findings: readonly DoctorFinding[]): string[][] {
  return findings.map(({ check, status, detail }) => [check, status, detail]);
}

/** One line for each hint. */
export function hintLines(findings: readonly DoctorFinding[]): string[] {
  return findings.flatMap(({ check, hint }) => (hint === undefined ? [] : [`${check}: ${hint}`]));
}
