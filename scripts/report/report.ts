/**
 * How much a finding matters to its reader, the most first: data would be lost, something is replaced, something is
 * interrupted, a fault that must be fixed, permissions or the network become wider, anything else that changes or differs, what
 * could not be determined.
 */
export const gravities = [
  'loss',
  'replacement',
  'interruption',
  'fault',
  'access',
  'network',
  'change',
  'unknown',
] as const;

export type Gravity = (typeof gravities)[number];

/** A value that is, or was, different. */
export interface ValueChange {
  /** Where it is: `Properties.InstanceClass`, `hosts[0]`. */
  readonly path: string;
  /** As text; absent when there is, or was, none. */
  readonly from?: string;
  readonly to?: string;
}

/** One thing that a reader may have to act on. */
export interface Finding {
  /** The same for the same finding of another run, and unique in the report. */
  readonly id: string;
  readonly gravity: Gravity;
  /** One sentence in plain words, without a full stop. */
  readonly title: string;
  readonly details?: readonly string[];
  readonly values?: readonly ValueChange[];
  /** The command or action that resolves it. */
  readonly next?: string;
  /** Where in the repository it comes from. */
  readonly at?: { readonly file: string; readonly line?: number };
}

/** A part of a report with its own state: an environment, a stack, a kind of check. */
export interface ReportSection {
  /** The same in every run. */
  readonly id: string;
  readonly title: string;
  /** The result, in one line. */
  readonly summary: string;
  /** `clean`: fully checked, and nothing was found. `unknown`: not fully checked; never counts as clean. */
  readonly state: 'clean' | 'found' | 'unknown';
  readonly findings: readonly Finding[];
}

/** What a command found out, for people (terminal, note, page) and for GitLab (test, code quality and plan reports). */
export interface Report {
  readonly title: string;
  /** The overall result, in one line. */
  readonly summary: string;
  readonly sections: readonly ReportSection[];
  /** What it was made from: project, commit, pipeline, time. In the order in which it is shown. */
  readonly facts: Readonly<Record<string, string>>;
}
