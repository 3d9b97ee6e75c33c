import { setTimeout as wait } from 'node:timers/promises';
import { ConditionalObjects, type Stored } from '../aws/objects.ts';
import type { Aws } from '../aws/session.ts';
import { keys } from '../config/names.ts';
import { type PriorityClaim, priorityClaimSchema } from '../config/stored.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { readRules } from './listener-rules.ts';
import { type Band, choosePriority, type ListenerRule, type PriorityChoice, priorities } from './priority.ts';

/** The tenant, the listener, and the bucket that holds the claims. */
export interface PriorityHolder {
  readonly bucket: string;
  readonly listenerArn: string;
  readonly tenant: string;
}

export interface Claimant extends PriorityHolder {
  readonly band: Band;
  /** Whether a rule on the listener is the tenant's own. */
  readonly isOurs: (rule: ListenerRule) => boolean;
}

/** Most rounds to lose in a row: in each lost round another job wins, so more rounds mean a fault. */
const roundLimit = 1000;

/** The number that a tenant's record names for a band of its hosts; `undefined` when it has none. Reads claims only, as every tenant may. */
export async function recordedPriority(
  aws: Aws,
  holder: PriorityHolder & { readonly band: Band },
): Promise<number | undefined> {
  return (await openClaims(aws, holder.bucket).read(recordKey(holder)))?.value.priority;
}

export interface PriorityPlan extends PriorityChoice {
  /** The tenant already holds the claim on the number: `claimPriority` would write nothing. */
  readonly claimed: boolean;
}

/** What `claimPriority` would choose, without claiming it; another tenant may claim it in the meantime. */
export async function planPriority(aws: Aws, claimant: Claimant): Promise<PriorityPlan> {
  const claims = openClaims(aws, claimant.bucket);
  const [rules, record] = await Promise.all([readRules(aws, claimant.listenerArn), claims.read(recordKey(claimant))]);
  const choice = await decidePriority(claims, claimant, rules, record, new Set());
  // A job that died left a record without its claim.
  return { ...choice, claimed: choice.kept && (await holds(claims, claimant, choice.priority)) };
}

/**
 * Claims a priority on a listener for a tenant: its old number if it can keep it, else the lowest free one of the band.
 *
 * The tenant's record is written first and names the wanted number, then the claim on the number is written; both
 * conditionally. So two tenants never share a number, two jobs of one tenant end with one number, and a job that dies
 * leaves a record that the next one completes, never an orphaned claim.
 */
export async function claimPriority(runtime: Runtime, aws: Aws, claimant: Claimant): Promise<PriorityChoice> {
  const claims = openClaims(aws, claimant.bucket);
  const rules = await readRules(aws, claimant.listenerArn);
  const refused = new Set<number>();
  for (let round = 0; round < roundLimit; round += 1) {
    runtime.signal.throwIfAborted();
    const record = await claims.read(recordKey(claimant));
    const choice = await decidePriority(claims, claimant, rules, record, refused);
    if (await settle(claims, claimant, record, choice.priority, refused)) return choice;
    // Jobs that lost at the same moment must not retry at the same moment.
    await wait(Math.random() * Math.min(10 * (round + 1), 100), undefined, { signal: runtime.signal }).catch(() => {});
  }
  throw new VendhostError('PRIORITY_CONTENDED', `no listener priority after ${roundLimit} tries`, {
    hint: `retry; if it happens again, look at ${keys.priorityClaim(listenerId(claimant), 0).replace('0.json', '')} in the bucket ${claimant.bucket}`,
  });
}

/**
 * Gives a tenant's numbers back but those of the bands it keeps (none when it retires); claims of others stay. Call it
 * when the tenant's rules are gone. Returns the numbers released.
 */
export async function releasePriorities(
  aws: Aws,
  claimant: PriorityHolder,
  keep: readonly Pick<Band, 'name'>[] = [],
): Promise<number[]> {
  const claims = openClaims(aws, claimant.bucket);
  const released: number[] = [];
  for (const name of await otherBands(claims, claimant, keep)) {
    const key = keys.tenantPriority(listenerId(claimant), claimant.tenant, name);
    const record = await claims.read(key);
    if (record === undefined) continue;
    // The record goes last: as long as it stands, a release that was interrupted can be done again.
    await dropClaim(claims, claimant, record.value.priority);
    await claims.remove(key, record.etag);
    released.push(record.value.priority);
  }
  return released;
}

/** The numbers that `releasePriorities` would release. */
export async function planReleases(
  aws: Aws,
  claimant: PriorityHolder,
  keep: readonly Pick<Band, 'name'>[] = [],
): Promise<number[]> {
  const claims = openClaims(aws, claimant.bucket);
  const bands = await otherBands(claims, claimant, keep);
  const records = await Promise.all(
    bands.map((band) => claims.read(keys.tenantPriority(listenerId(claimant), claimant.tenant, band))),
  );
  return records.flatMap((record) => (record === undefined ? [] : [record.value.priority]));
}

/** Names of the bands in which a tenant has a number on record, but those it keeps. */
async function otherBands(
  claims: Claims,
  claimant: PriorityHolder,
  keep: readonly Pick<Band, 'name'>[],
): Promise<string[]> {
  const prefix = keys.tenantPriority(listenerId(claimant), claimant.tenant, '').replace(/[^/]+$/, '');
  const bands = (await claims.list(prefix)).map((name) => name.replace(/\.json$/, ''));
  return bands.filter((band) => !keep.some((kept) => kept.name === band));
}

type Claims = ConditionalObjects<PriorityClaim>;

async function decidePriority(
  claims: Claims,
  claimant: Claimant,
  rules: readonly ListenerRule[],
  record: Stored<PriorityClaim> | undefined,
  refused: ReadonlySet<number>,
): Promise<PriorityChoice> {
  const { band, isOurs, listenerArn } = claimant;
  const own = record?.value.priority;
  if (own !== undefined && (await holds(claims, claimant, own))) {
    // A number that is kept needs no listing: its own claim tells all there is to know.
    const kept = choosePriority({ band, rules, taken: refused, own, isOurs });
    if (kept?.kept === true) return kept;
  }
  const taken = new Set([...(await readTaken(claims, claimant)), ...refused]);
  const choice = choosePriority({ band, rules, taken, own, isOurs });
  if (choice !== undefined) return choice;
  throw new VendhostError(
    'PRIORITIES_EXHAUSTED',
    `no priority from ${band.first} to ${band.last} is free on ${listenerArn}`,
    {
      hint: 'delete the claims of removed tenants, or add a load balancer: load_balancers in platform.yml',
    },
  );
}

/** Writes record and claim of the number; `false` when another job was faster and the state must be read again. */
async function settle(
  claims: Claims,
  claimant: Claimant,
  record: Stored<PriorityClaim> | undefined,
  priority: number,
  refused: Set<number>,
): Promise<boolean> {
  const wanted: PriorityClaim = { tenant: claimant.tenant, priority };
  const former = record?.value.priority;
  let etag = record?.etag;
  if (record === undefined) etag = await claims.create(recordKey(claimant), wanted);
  else if (former !== priority) etag = await claims.replace(recordKey(claimant), wanted, record.etag);
  if (etag === undefined) return false;
  if (former !== undefined && former !== priority) await dropClaim(claims, claimant, former);

  const key = claimKey(claimant, priority);
  const made = await claims.create(key, wanted);
  if (made === undefined && !(await holds(claims, claimant, priority))) {
    refused.add(priority);
    return false;
  }
  if ((await claims.read(recordKey(claimant)))?.value.priority !== priority) {
    // Another job of this tenant moved on to another number before our claim was written.
    if (made !== undefined) await claims.remove(key, made);
    return false;
  }
  return true;
}

async function holds(claims: Claims, claimant: PriorityHolder, priority: number): Promise<boolean> {
  return (await claims.read(claimKey(claimant, priority)))?.value.tenant === claimant.tenant;
}

/** Removes the tenant's own claim; retries, because S3 refuses while another write to the same key is in progress. */
async function dropClaim(claims: Claims, claimant: PriorityHolder, priority: number): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const held = await claims.read(claimKey(claimant, priority));
    if (held?.value.tenant !== claimant.tenant) return;
    if (await claims.remove(claimKey(claimant, priority), held.etag)) return;
  }
}

async function readTaken(claims: Claims, claimant: PriorityHolder): Promise<Set<number>> {
  const prefix = keys.priorityClaim(listenerId(claimant), priorities.lowest).replace(/[^/]+$/, '');
  const names = await claims.list(prefix);
  return new Set(names.map((name) => Number(name.replace(/\.json$/, ''))));
}

function openClaims(aws: Aws, bucket: string): Claims {
  return new ConditionalObjects(aws, bucket, priorityClaimSchema);
}

/** The last part of the ARN tells listeners of one account apart. */
export function listenerId({ listenerArn }: Pick<PriorityHolder, 'listenerArn'>): string {
  return listenerArn.split('/').at(-1) ?? listenerArn;
}

function recordKey(claimant: PriorityHolder & { readonly band: Band }): string {
  return keys.tenantPriority(listenerId(claimant), claimant.tenant, claimant.band.name);
}

function claimKey(claimant: PriorityHolder, priority: number): string {
  return keys.priorityClaim(listenerId(claimant), priority);
}
