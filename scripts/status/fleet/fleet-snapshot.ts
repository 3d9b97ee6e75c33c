import type { StatusPart } from '../../aws/status-part.ts';
import type { Environment } from '../../config/environment.ts';
import type { ImageFacts } from '../../drift/checks/images/find-images.ts';
import type { NewestReleases } from '../../release/history/read-newest.ts';
import type { HostAlarm, StackLook } from '../host/host-snapshot.ts';
import type { BilledMonth } from './fleet-costs.ts';

/** A tenant as its record has it. */
export interface FleetTenant {
  readonly tenant: string;
  readonly hosts: readonly string[];
  /** Absent if the record could not be read, or an older version wrote it. */
  readonly pipeline: string | undefined;
}

export interface FleetStack extends StackLook {
  /** Image that the host stack was last given. */
  readonly image?: string;
}

export interface FleetGroup {
  readonly name: string;
  readonly min: number;
  readonly inService: number;
  readonly instances: number;
}

/** All tenants of an environment at one moment: plain data, each list separately. */
export interface FleetSnapshot {
  readonly environment: Environment;
  readonly account: string;
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly tenants: StatusPart<readonly FleetTenant[]>;
  readonly stacks: StatusPart<readonly FleetStack[]>;
  readonly groups: StatusPart<readonly FleetGroup[]>;
  /** Those that have gone off. */
  readonly alarms: StatusPart<readonly HostAlarm[]>;
  readonly images: StatusPart<readonly ImageFacts[]>;
  /** By tenant; those that have no host are left out. */
  readonly releases: Readonly<Record<string, StatusPart<NewestReleases>>>;
  /** The account's bill; absent where `platform.yml` does not want it. */
  readonly costs?: StatusPart<readonly BilledMonth[]>;
}
