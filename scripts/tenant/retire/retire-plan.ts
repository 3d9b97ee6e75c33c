import type { Environment } from '../../config/environment.ts';
import { names, type Place, type TenantLayer } from '../../config/names.ts';
import type { ProjectVariable } from '../../gitlab/variables.ts';
import type { HostTraffic } from '../../host/destroy/host-traffic.ts';
import type { FormerWebhook } from '../../webhook/former-webhook.ts';

/** A tenant's database, as RDS has it. */
export interface StandingDatabase {
  readonly name: string;
  /** AWS's own id of it: another database of the same name has another. */
  readonly resourceId: string;
  readonly status: string;
  /** State of its final snapshot; `undefined` when none was taken. */
  readonly snapshot: string | undefined;
}

/** Something of the data stack's that outlives it: parameter group, secret, log group. */
export interface StandingData {
  readonly what: string;
  readonly name: string;
}

export interface OwnRule {
  readonly arn: string;
  readonly hosts: readonly string[];
}

/** Keys below a prefix of the environment's bucket. */
export interface StandingObjects {
  readonly prefix: string;
  readonly count: number;
  readonly of: 'revisions' | 'images' | 'claims';
}

/** What exists of a tenant in one environment, according to each place; the record does not count. */
export interface RetireStanding {
  readonly place: Place & { readonly environment: Environment };
  readonly traffic: HostTraffic;
  /** States of the stacks that are there. */
  readonly stacks: Readonly<Partial<Record<TenantLayer, string>>>;
  readonly rules: readonly OwnRule[];
  /** Builds of its pushes that are under way. */
  readonly builds: readonly string[];
  /** Executions of its pipeline that are in progress. */
  readonly executions: readonly string[];
  readonly database: StandingDatabase | undefined;
  readonly data: readonly StandingData[];
  /** Security groups of the data stack. */
  readonly groups: readonly string[];
  /** Bucket of the tenant's own. */
  readonly files: string | undefined;
  /** Numbers on record by listener, as the bucket has them. */
  readonly priorities: readonly { readonly listener: string; readonly numbers: readonly number[] }[];
  /** Hosts that the bucket says are the tenant's. */
  readonly hosts: readonly string[];
  /** Images, also unfinished ones, and what killed bakes left. */
  readonly images: readonly string[];
  /** Those that others use, and why they stay. */
  readonly usedImages: readonly string[];
  readonly objects: readonly StandingObjects[];
  readonly hasRecord: boolean;
  /** Its projects in GitLab, one or two; none without a token, and where none is known. */
  readonly projects: readonly StandingProject[];
}

/** Pipelines of the branch that run in a project, and what vending made there. */
export interface StandingProject {
  readonly path: string;
  readonly pipelines: readonly number[];
  readonly variables: readonly ProjectVariable[];
  /** Numbers of the schedules that vending made, where no other environment needs them. */
  readonly schedules: readonly number[];
  /** Set where GitLab reported pushes. */
  readonly webhook?: FormerWebhook | undefined;
}

/** What to delete of a tenant although it cannot be restored, or only at great expense. */
export interface RetirePolicy {
  readonly deleteDatabase: boolean;
  readonly deleteFiles: boolean;
  readonly keepImages: boolean;
  readonly keepRevisions: boolean;
}

/** One thing to do. In the plan's order, no step removes what a later one needs. */
export type RetireStep =
  | { readonly kind: 'variables'; readonly path: string; readonly variables: readonly ProjectVariable[] }
  | { readonly kind: 'schedules'; readonly path: string; readonly ids: readonly number[] }
  | { readonly kind: 'webhook'; readonly webhook: FormerWebhook }
  | { readonly kind: 'pipelines'; readonly path: string; readonly ids: readonly number[] }
  | { readonly kind: 'builds'; readonly ids: readonly string[] }
  | { readonly kind: 'executions'; readonly ids: readonly string[] }
  | { readonly kind: 'rules'; readonly rules: readonly OwnRule[] }
  | { readonly kind: 'stack'; readonly layer: TenantLayer; readonly name: string }
  | { readonly kind: 'snapshot' | 'database'; readonly database: string; readonly snapshot: string }
  | { readonly kind: 'data'; readonly what: string; readonly name: string }
  | { readonly kind: 'groups'; readonly ids: readonly string[] }
  | { readonly kind: 'files'; readonly bucket: string }
  | { readonly kind: 'priorities'; readonly listener: string; readonly numbers: readonly number[] }
  | { readonly kind: 'hosts'; readonly hosts: readonly string[] }
  | { readonly kind: 'images'; readonly lines: readonly string[] }
  | { readonly kind: 'objects'; readonly prefix: string; readonly count: number }
  | { readonly kind: 'record'; readonly name: string };

export interface RetirePlan {
  readonly steps: readonly RetireStep[];
  /** What stays, and what it costs. */
  readonly kept: readonly string[];
}

/**
 * The name of a database's final snapshot: it follows from the database, so a run that was killed finds the snapshot again and takes no second
 * one, and a database that a later tenant of the same name had has another.
 */
export function finalSnapshot(place: Place, resourceId: string): string {
  return `${names.host(place)}-final-${resourceId.replace(/^db-/, '').toLowerCase()}`;
}

/**
 * What is done to retire a tenant, by what exists now. First nothing new may start and no request may arrive; then come the stacks, host
 * before data before entry; claims are released when the rules are deleted; the roles go last, because CloudFormation uses them,
 * and the record with them.
 */
export function planRetire(standing: RetireStanding, policy: RetirePolicy): RetirePlan {
  const { place, stacks, projects } = standing;
  const stack = (layer: TenantLayer): RetireStep[] =>
    stacks[layer] === undefined ? [] : [{ kind: 'stack', layer, name: names.tenantStack(place, layer) }];
  const some = <T>(list: readonly T[] | undefined, step: (all: readonly T[]) => RetireStep): RetireStep[] =>
    list === undefined || list.length === 0 ? [] : [step(list)];
  return {
    steps: [
      ...projects.flatMap(({ path, webhook, schedules, variables, pipelines }) => [
        ...(webhook === undefined ? [] : [{ kind: 'webhook', webhook } as const]),
        ...some(schedules, (ids) => ({ kind: 'schedules', path, ids })),
        ...some(variables, (all) => ({ kind: 'variables', path, variables: all })),
        ...some(pipelines, (ids) => ({ kind: 'pipelines', path, ids })),
      ]),
      ...some(standing.builds, (ids) => ({ kind: 'builds', ids })),
      ...some(standing.executions, (ids) => ({ kind: 'executions', ids })),
      ...some(standing.rules, (rules) => ({ kind: 'rules', rules })),
      ...stack('host'),
      ...snapshotStep(standing, policy),
      ...stack('data'),
      ...dataSteps(standing, policy),
      ...stack('entry'),
      ...(policy.deleteFiles && standing.files !== undefined
        ? [{ kind: 'files', bucket: standing.files } as const]
        : []),
      ...standing.priorities.map((each) => ({ kind: 'priorities', ...each }) as const),
      ...some(standing.hosts, (hosts) => ({ kind: 'hosts', hosts })),
      ...(policy.keepImages ? [] : some(standing.images, (lines) => ({ kind: 'images', lines }))),
      ...standing.objects
        .filter((each) => goes(each, policy))
        .map(({ prefix, count }) => ({ kind: 'objects', prefix, count }) as const),
      ...stack('access'),
      ...(standing.hasRecord ? [{ kind: 'record', name: names.tenantRecord(place) } as const] : []),
    ],
    kept: keptThings(standing, policy),
  };
}

/** A database that RDS deletes already had its snapshot. */
function snapshotStep({ place, database }: RetireStanding, { deleteDatabase }: RetirePolicy): RetireStep[] {
  if (!deleteDatabase || database === undefined || database.status === 'deleting') return [];
  if (database.snapshot === 'available') return [];
  return [{ kind: 'snapshot', database: database.name, snapshot: finalSnapshot(place, database.resourceId) }];
}

/** The database first: it uses all the others. */
function dataSteps({ place, database, data, groups }: RetireStanding, { deleteDatabase }: RetirePolicy): RetireStep[] {
  if (!deleteDatabase) return [];
  return [
    ...(database === undefined
      ? []
      : [
          {
            kind: 'database',
            database: database.name,
            snapshot: finalSnapshot(place, database.resourceId),
          } as const,
        ]),
    ...data.map(({ what, name }) => ({ kind: 'data', what, name }) as const),
    ...(groups.length === 0 ? [] : [{ kind: 'groups', ids: groups } as const]),
  ];
}

function goes({ of }: StandingObjects, { keepImages, keepRevisions }: RetirePolicy): boolean {
  if (of === 'revisions') return !keepRevisions;
  return of === 'images' ? !keepImages : true;
}

function keptThings(standing: RetireStanding, policy: RetirePolicy): string[] {
  const { database, data, files, images, usedImages, objects } = standing;
  const of = (kind: StandingObjects['of']) =>
    objects.filter((each) => each.of === kind).reduce((sum, { count }) => sum + count, 0);
  return [
    ...(policy.deleteDatabase || database === undefined
      ? []
      : [`database ${database.name}: costs as much as before; --delete-database deletes it after a final snapshot`]),
    ...(policy.deleteDatabase
      ? []
      : data.map(({ what, name }) => `${what} ${name}: it goes with the database, with --delete-database`)),
    ...(policy.deleteFiles || files === undefined
      ? []
      : [`bucket ${files}: costs what its files take; --delete-files deletes it with all of them`]),
    ...usedImages,
    ...(policy.keepImages && images.length > 0 ? [`images and snapshots: ${images.length}`] : []),
    ...(policy.keepRevisions && of('revisions') > 0 ? [`revisions and records of releases: ${of('revisions')}`] : []),
  ];
}
