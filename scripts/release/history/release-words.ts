import type { ReleaseRecord } from '../../config/stored.ts';
import { abbreviated, duration, oneLine } from '../../output.ts';
import type { Approval, Release } from './release.ts';

/** `software/shop/<sha256>.zip` → the first digits of the hash; empty stays empty. */
export function shortRevision(key: string): string {
  return abbreviated(/([^/]+)\.zip$/.exec(key)?.[1] ?? key);
}

/** `Ada <ada@example.com>` → `Ada`. */
export function authorName(author: string): string {
  return author.replace(/\s*<[^>]*>\s*$/, '');
}

/** The first line of a commit's message. */
export function title(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}

/** The last part of an ARN: of an assumed role the name of its session. */
function personOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** What a revision is, for a line that people read: `0a1b2c3d, commit 01234567 by Ada: A page`. */
export function revisionWords(revision: string, push: Pick<ReleaseRecord, 'commit' | 'author' | 'message'>): string {
  const by = push.author === '' ? '' : ` by ${authorName(push.author)}`;
  const about = title(push.message) && `: ${title(push.message)}`;
  const commit = push.commit === '' ? '' : `, commit ${abbreviated(push.commit)}${by}${about}`;
  return oneLine(`${shortRevision(revision)}${commit}`);
}

/** Where a promotion took its revision from: `staging, execution 0c0ffee0-…`. */
export function originWords({ environment, executionId }: NonNullable<ReleaseRecord['promotedFrom']>): string {
  return `${environment}, execution ${executionId}`;
}

export function approvalWords({ outcome, by, summary }: Approval): string {
  const who = by === undefined ? '' : ` by ${personOf(by)}`;
  return `${outcome}${who}${summary === undefined || summary === '' ? '' : `: ${summary}`}`;
}

/** Whole seconds of UTC: `2026-11-27 02:00:05`. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

/** How long it took, or has taken so far. */
export function releaseTook({ start, end }: Pick<Release, 'start' | 'end'>, now: number): string {
  return end === undefined ? `${duration(now - start)} so far` : duration(end - start);
}

/** A release for machines: unchanged, with times in ISO 8601. */
export function releaseJson({ start, end, approval, ...release }: Release): Readonly<Record<string, unknown>> {
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    ...release,
    start: iso(start),
    ...(end === undefined ? {} : { end: iso(end) }),
    ...(approval === undefined ? {} : { approval: { ...approval, at: iso(approval.at) } }),
  };
}
