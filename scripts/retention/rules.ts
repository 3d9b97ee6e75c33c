import type { Place } from '../config/names.ts';

/** What is kept of a tenant's images or revisions in one environment, in addition to what is in use. */
export interface RetentionRules {
  /** This many of the newest. */
  readonly keep: number;
  /** Everything younger than this many days. */
  readonly olderThanDays: number;
}

export interface PruneOptions extends Place, RetentionRules {
  readonly dryRun: boolean;
}

export const oneDayMs = 24 * 60 * 60_000;

/** Kept unless options say otherwise. */
export const defaultRules: RetentionRules = { keep: 5, olderThanDays: 30 };

/** Whole days from one moment to another. */
export function daysBetween(from: Date, to: Date): number {
  return Math.max(0, Math.floor((to.getTime() - from.getTime()) / oneDayMs));
}
