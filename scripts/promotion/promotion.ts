import type { Promotion } from '../release/history/release-record.ts';
import { originWords, revisionWords, shortRevision } from '../release/history/release-words.ts';

/** What an environment runs for certain, and so what can be promoted from it. */
export interface PromotedSoftware extends Promotion {
  /** Key of the revision, the same in each bucket. */
  readonly revision: string;
  /** Version of the object that was deployed there. */
  readonly version: string;
  /** Image that it runs on there; empty if no record says so. */
  readonly image: string;
}

/** `staging runs 0a1b2c3d, commit 01234567 by Ada: A page (execution 0c0ffee0-…)`. */
export function promotedWords({ revision, push, from }: PromotedSoftware): string {
  return `${from.environment} runs ${revisionWords(revision, push)} (execution ${from.executionId})`;
}

/** The same in a few words, for records. */
export function promotedShortly({ revision, from }: PromotedSoftware): string {
  return `${shortRevision(revision)} of ${originWords(from)}`;
}
