/**
 * How much a finding matters to its reader, the most first: data would be lost, something is replaced, something is
 * interrupted, a fault that has to be fixed, rights or the network become wider, anything else that changes or differs, what
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
  /** The same for the same finding of another run, and of no other in the report. */
  readonly id: string;
  readonly gravity: Gravity;
  /** One sentence in plain words, without a full stop. */
  readonly title: string;
  readonly details?: readonly string[];
  readonly values?: readonly ValueChange[];
  /** The command or action that ends it. */
  readonly next?: string;
  /** Where in the repository it comes from. */
  readonly at?: { readonly file: string; readonly line?: number };
}

/** A part of a report that has a state of its own: an environment, a stack, a kind of check. */
export interface ReportSection {
  /** The same in every run. */
  readonly id: string;
  readonly title: string;
  /** What comes out of it, in one line. */
  readonly summary: string;
  /** `clean`: looked at whole, and nothing was found. `unknown`: not fully checked; never to be taken for clean. */
  readonly state: 'clean' | 'found' | 'unknown';
  readonly findings: readonly Finding[];
}

/** What a command found out, for people (terminal, note, page) and for GitLab (test, code quality and plan reports). */
export interface Report {
  readonly title: string;
  /** What comes out of the whole, in one line. */
  readonly summary: string;
  readonly sections: readonly ReportSection[];
  /** What it was made from: project, commit, pipeline, time. In the order in which it is shown. */
  readonly facts: Readonly<Record<string, string>>;
}
