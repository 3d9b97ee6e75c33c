import { partValue, type StatusPart, shownPart } from '../../aws/status-part.ts';
import type { MemberFacts } from '../../drift/checks/hosts/host-facts.ts';
import { newestOf } from '../../drift/checks/images/find-images.ts';
import type { Finding } from '../../report/report.ts';
import { timeWords } from '../age.ts';
import { type MaintenanceRow, maintenanceRow } from '../maintenance/maintenance-words.ts';
import { hostNeeds } from './host-needs.ts';
import {
  type HostAlarm,
  type HostDatabase,
  type HostSnapshot,
  type HostTarget,
  knownReleases,
} from './host-snapshot.ts';
import { type ReleaseRow, releaseRow } from './release-rows.ts';

export interface InstanceRow {
  readonly id: string;
  readonly zone: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Auto Scaling's state, and EC2's. */
  readonly state: string;
  readonly machine: string;
  readonly image: string;
  /** Whether new instances start from the same image. */
  readonly isCurrentImage: boolean;
  /** The revision that CodeDeploy put on it: its hash, empty if unknown. */
  readonly revision: string;
  /** How the deployment to it ended; empty where there was none. */
  readonly deploy: string;
  /** The load balancer's word, and its reason where that is not `healthy`. */
  readonly target: string;
  readonly reason: string;
}

export interface ImageRow {
  readonly id: string;
  readonly createdAt: string;
  readonly isNewestBake: boolean;
  /** The AMI that it was baked from; empty and absent if no longer known. */
  readonly base: string;
  readonly baseCreatedAt: string;
  readonly newestBase: string;
}

export interface DriftRow {
  readonly stack: string;
  readonly status: string;
  readonly drift: string;
  /** ISO 8601; empty where it was never looked at. */
  readonly checkedAt: string;
}

/** Everything `host status` shows, and its JSON. */
export interface HostStatus {
  readonly tenant: string;
  readonly environment: string;
  readonly at: string;
  /** Nothing has to be looked at. */
  readonly well: boolean;
  readonly needs: readonly Finding[];
  readonly hosts: readonly string[];
  /** Nothing where the instances answer for the hosts. */
  readonly maintenance: StatusPart<MaintenanceRow | null>;
  readonly pipeline: string;
  /** What all instances have; nothing if that is not certain. */
  readonly running: StatusPart<ReleaseRow | null>;
  readonly releases: StatusPart<readonly ReleaseRow[]>;
  readonly instances: StatusPart<readonly InstanceRow[]>;
  readonly least: number;
  readonly targets: StatusPart<readonly HostTarget[]>;
  readonly alarms: StatusPart<readonly HostAlarm[]>;
  readonly image: StatusPart<ImageRow | null>;
  readonly database: StatusPart<HostDatabase | null>;
  readonly stacks: StatusPart<readonly DriftRow[]>;
}

/** Evaluates a snapshot. */
export function hostStatusOf(snapshot: HostSnapshot): HostStatus {
  const { place, at, record, releases, host, targets, alarms, database, stacks } = snapshot;
  const needs = hostNeeds(snapshot);
  return {
    ...{ tenant: place.tenant, environment: place.environment, at: timeWords(at) },
    well: needs.length === 0,
    needs,
    hosts: record.hosts,
    maintenance: shownPart(snapshot.maintenance, (found) => (found === undefined ? null : maintenanceRow(found))),
    pipeline: record.pipeline,
    running: shownPart(releases, ({ current }) => (current === undefined ? null : releaseRow(current))),
    releases: shownPart(releases, (look) => look.releases.map(releaseRow)),
    instances: shownPart(host, (facts) => (facts?.group?.members ?? []).map((each) => instanceRow(snapshot, each))),
    least: partValue(host)?.group?.min ?? 0,
    targets,
    alarms,
    image: shownPart(snapshot.image, (facts) => imageRow(facts)),
    database: shownPart(database, (found) => found ?? null),
    stacks: shownPart(stacks, (all) =>
      all.map(({ name, status, drift, checkedAt }) => ({
        ...{ stack: name, status, drift },
        checkedAt: checkedAt === undefined ? '' : timeWords(checkedAt),
      })),
    ),
  };
}

function instanceRow(snapshot: HostSnapshot, member: MemberFacts): InstanceRow {
  const { id, zone = '', startedAt, state, machine = 'unknown', image = '' } = member;
  const deploy = partValue(snapshot.deploys)?.[id];
  const look = partValue(snapshot.releases);
  const known = look === undefined ? [] : knownReleases(look);
  const release = known.find(({ executionId }) => executionId === deploy?.executionId);
  const targets = (partValue(snapshot.targets) ?? []).filter(({ instance }) => instance === id);
  return {
    ...{ id, zone, state, machine, image },
    startedAt: startedAt === undefined ? '' : timeWords(startedAt),
    isCurrentImage: image !== '' && image === partValue(snapshot.host)?.starting?.image,
    revision: release === undefined ? '' : releaseRow(release).revision,
    deploy: deploy?.status ?? '',
    target: 'unknown' in snapshot.targets ? 'unknown' : targetWord(targets),
    reason: [...new Set(targets.flatMap(({ reason }) => reason ?? []))].join('; '),
  };
}

/** The state of an instance; those of several load balancers where they differ. */
function targetWord(targets: readonly HostTarget[]): string {
  const [first, ...others] = targets;
  if (first === undefined) return 'no target';
  if (others.every(({ state }) => state === first.state)) return first.state;
  return targets.map(({ state, loadBalancer }) => `${state} in load balancer ${loadBalancer}`).join(', ');
}

function imageRow(facts: HostSnapshot['image'] extends StatusPart<infer T> ? T : never): ImageRow | null {
  if (facts === undefined) return null;
  const { inUse, image, newestBake, base, family = [] } = facts;
  return {
    id: inUse,
    createdAt: image === undefined ? '' : timeWords(image.createdAt),
    isNewestBake: newestBake?.id === inUse,
    base: base?.id ?? '',
    baseCreatedAt: base?.image === undefined ? '' : timeWords(base.image.createdAt),
    newestBase: newestOf(family)?.id ?? '',
  };
}
