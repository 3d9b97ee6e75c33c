import type { StatusPart } from '../../aws/status-part.ts';
import type { TenantRecord } from '../../config/facts.ts';
import type { Place } from '../../config/names.ts';
import type { HostFacts } from '../../drift/checks/hosts/host-facts.ts';
import type { ImageFacts } from '../../drift/checks/images/find-images.ts';
import type { Release } from '../../release/history/release.ts';
import type { Maintenance } from '../maintenance/read-maintenance.ts';

/** What CodeDeploy last did on an instance. */
export interface InstanceDeploy {
  readonly deploymentId: string;
  readonly status: string;
  /** The execution whose revision it is; absent where no recent one deployed it. */
  readonly executionId?: string;
}

/** An instance, as the load balancer sees it. */
export interface HostTarget {
  readonly instance: string;
  /** Number of the load balancer, where several lead to the instances: while the tenant moves from one to another. */
  readonly loadBalancer?: number;
  /** `healthy`, `initial`, `unhealthy`, `draining`, `unused`, `unavailable`. */
  readonly state: string;
  /** The load balancer's reason, with what it asked for. */
  readonly reason?: string;
}

export interface HostAlarm {
  readonly name: string;
  /** `OK`, `ALARM` or `INSUFFICIENT_DATA`. */
  readonly state: string;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly reason?: string;
}

export interface HostDatabase {
  readonly class: string;
  readonly status: string;
  readonly engine: string;
  readonly standby: boolean;
  /** Changes that RDS makes in the maintenance window or with the next restart: `DBInstanceClass: db.t3.small`. */
  readonly pending: readonly string[];
}

/** A stack of the tenant's, and when its drift was last detected. */
export interface StackLook {
  readonly name: string;
  /** CloudFormation's status; `missing` where there is none. */
  readonly status: string;
  /** `IN_SYNC`, `DRIFTED`, `NOT_CHECKED` or `UNKNOWN`. */
  readonly drift: string;
  /** Milliseconds since 1970. */
  readonly checkedAt?: number;
  /** Of an entry stack: a page answers for the tenant's hosts, as the platform vended it or a job of the tenant's switched it. */
  readonly inMaintenance?: 'vended' | 'switched';
}

export interface ReleasesLook {
  /** The newest, and of the older ones those that are still under way; newest first. */
  readonly releases: readonly Release[];
  /** The one whose revision all instances have; `undefined` where there is none, or instances have several. */
  readonly current: Release | undefined;
}

/** All of them: the instances' release may be older than the newest. */
export function knownReleases({ releases, current }: ReleasesLook): readonly Release[] {
  const isListed = releases.some(({ executionId }) => executionId === current?.executionId);
  return current === undefined || isListed ? releases : [...releases, current];
}

/** A tenant's virtual host at one moment: plain data, each part separately. */
export interface HostSnapshot {
  readonly place: Place;
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly record: Pick<TenantRecord, 'hosts' | 'pipeline' | 'approval' | 'approvals'>;
  readonly releases: StatusPart<ReleasesLook>;
  /** Nothing where no host was provisioned. */
  readonly host: StatusPart<HostFacts | undefined>;
  /** By instance. */
  readonly deploys: StatusPart<Readonly<Record<string, InstanceDeploy>>>;
  readonly targets: StatusPart<readonly HostTarget[]>;
  readonly alarms: StatusPart<readonly HostAlarm[]>;
  readonly image: StatusPart<ImageFacts | undefined>;
  readonly database: StatusPart<HostDatabase | undefined>;
  readonly stacks: StatusPart<readonly StackLook[]>;
  /** Nothing where the instances answer. */
  readonly maintenance: StatusPart<Maintenance | undefined>;
}
