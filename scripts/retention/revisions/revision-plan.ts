import type { KeptRelease } from '../kept-releases.ts';
import { oneDayMs, type RetentionRules } from '../rules.ts';

/** An object of the bucket, as a listing has it. */
export interface ListedObject {
  readonly key: string;
  readonly etag: string;
  readonly bytes: number;
  readonly writtenAt: Date;
}

/** A revision that was pushed. */
export interface PushedRevision extends ListedObject {
  /** When a job last pushed or found it. */
  readonly chosenAt: Date;
  /** ETag of the description of its push; `undefined` where there is none. */
  readonly description?: string | undefined;
  /** Of the object; read only where a kept release has no record that names its revision. */
  readonly version?: string | undefined;
}

/** A release that is kept, and where CodePipeline stored what it deploys. */
export interface ReleaseArtifacts {
  readonly release: KeptRelease;
  readonly artifacts: readonly string[];
}

/** A deployment of CodeDeploy's that still matters, and the key of what it deploys. */
export interface KeptDeployment {
  /** `deployment d-1 is under way` */
  readonly reason: string;
  readonly key: string;
}

/** A tenant's revisions and artifacts in one environment, and every reason to keep one. */
export interface RevisionStanding {
  readonly revisions: readonly PushedRevision[];
  /** Copies that CodePipeline made of revisions: an instance gets its software from there. */
  readonly artifacts: readonly ListedObject[];
  readonly releases: readonly ReleaseArtifacts[];
  readonly deployments: readonly KeptDeployment[];
  readonly now: Date;
}

export interface RevisionPrunePlan {
  /** Oldest first; revisions with their identification. */
  readonly remove: readonly (ListedObject | PushedRevision)[];
  readonly kept: readonly { readonly key: string; readonly reasons: readonly string[] }[];
}

/** Which revisions and which artifacts to remove. Of both, the newest stay, and what a release or an instance may still get. */
export function planRevisionPrune(standing: RevisionStanding, rules: RetentionRules): RevisionPrunePlan {
  const { revisions, artifacts, now } = standing;
  const judged = [
    ...withReasons(revisions, rules, now, (revision) => revisionReasons(revision, standing)),
    ...withReasons(artifacts, rules, now, (artifact) => artifactReasons(artifact, standing)),
  ];
  return {
    remove: judged
      .filter(({ reasons }) => reasons.length === 0)
      .map(({ object }) => object)
      .toSorted((a, b) => a.writtenAt.getTime() - b.writtenAt.getTime()),
    kept: judged
      .filter(({ reasons }) => reasons.length > 0)
      .map(({ object, reasons }) => ({ key: object.key, reasons })),
  };
}

function withReasons<T extends ListedObject>(
  objects: readonly T[],
  { keep, olderThanDays }: RetentionRules,
  now: Date,
  reasonsOf: (object: T) => readonly string[],
): { object: T; reasons: string[] }[] {
  const ordered = objects.toSorted((a, b) => b.writtenAt.getTime() - a.writtenAt.getTime());
  return ordered.map((object, at) => ({
    object,
    reasons: [
      ...reasonsOf(object),
      ...(at < keep ? [`it is among the newest ${keep}`] : []),
      ...(now.getTime() - object.writtenAt.getTime() >= olderThanDays * oneDayMs
        ? []
        : [`it is younger than ${olderThanDays} days`]),
    ],
  }));
}

function revisionReasons({ key, version, chosenAt }: PushedRevision, { releases, now }: RevisionStanding): string[] {
  const isOf = ({ record, version: released }: KeptRelease) =>
    record === undefined ? version !== undefined && released === version : record.revision === key;
  return [
    ...releases.filter(({ release }) => isOf(release)).map(({ release }) => release.reason),
    ...(now.getTime() - chosenAt.getTime() < oneDayMs ? ['a job pushed it less than 24 hours ago'] : []),
  ];
}

function artifactReasons({ key }: ListedObject, { releases, deployments }: RevisionStanding): string[] {
  return [
    ...releases.filter(({ artifacts }) => artifacts.includes(key)).map(({ release }) => release.reason),
    ...deployments.filter((deployment) => deployment.key === key).map(({ reason }) => reason),
  ];
}
