import type { Place } from '../../../config/names.ts';

/** An instance of a group, as Auto Scaling and EC2 have it. */
export interface MemberFacts {
  readonly id: string;
  /** Version of the launch template that it was started from. */
  readonly version: string | undefined;
  /** Auto Scaling's state: `InService`, `Pending:Wait`. */
  readonly state: string;
  readonly healthy: boolean;
  /** EC2's state; absent when EC2 does not know the instance. */
  readonly machine?: string;
  readonly startedAt?: Date;
  readonly zone?: string;
  /** Id of the image that it started from. */
  readonly image?: string;
}

export interface GroupFacts {
  readonly name: string;
  /** Absent when somebody gave the group a launch configuration instead. */
  readonly templateId: string | undefined;
  /** Version that new instances start from: a number, `$Latest` or `$Default`. */
  readonly version: string;
  readonly min: number;
  /** Names of the processes that somebody suspended: `Launch`, `ReplaceUnhealthy`. */
  readonly suspended: readonly string[];
  readonly members: readonly MemberFacts[];
}

/** A virtual host as it is, beside what was provisioned. */
export interface HostFacts {
  readonly place: Place;
  /** What the host stack was last given. */
  readonly provisioned: { readonly version: string; readonly image: string };
  readonly group: GroupFacts | undefined;
  /** The newest version of the group's launch template. */
  readonly newestVersion: string | undefined;
  /** The version that new instances start from, and its image; absent when it is gone. */
  readonly starting: { readonly version: string; readonly image: string | undefined } | undefined;
  /** A stack operation or an instance refresh is running: versions differ until it ends. */
  readonly busy: string | undefined;
  /** Names of the group's life-cycle hooks. */
  readonly hooks: readonly string[];
  /** What CodeDeploy deploys to; absent when there is no deployment group. */
  readonly deployment: { readonly groups: readonly { name: string; hook?: string }[] } | undefined;
}
