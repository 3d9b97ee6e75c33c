import { createHash } from 'node:crypto';
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

/** Most rounds to lose in a row: in each round at least a third of the claimants finishes, so more rounds mean a fault. */
const roundLimit = 100;

/** The number that a tenant's record names for a band of its hosts; `undefined` when it has none. Reads only claims, which every tenant may. */
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
  const { priority, kept, isHeld } = await decidePriority(claims, claimant, { rules, record, round: 0 });
  return { priority, kept, claimed: isHeld };
}

/**
 * Claims a priority on a listener for a tenant: its old number if it can keep it, else the lowest free one of the band. If another tenant
 * gets that one first, it tries any of as many numbers as tenants wait: so they do not all want the same again, and when
 * all have one, there is no gap.
 *
 * The tenant's record is written first and names the wanted number, then the claim on the number is written, then the record says
 * that it is claimed; all conditionally. So two tenants never share a number, two jobs of one tenant end with one number, and a job
 * that dies leaves a record that the next one completes, never an orphaned claim.
 */
export async function claimPriority(runtime: Runtime, aws: Aws, claimant: Claimant): Promise<PriorityChoice> {
  const claims = openClaims(aws, claimant.bucket);
  const rules = await readRules(aws, claimant.listenerArn);
  for (let round = 0; round < roundLimit; round += 1) {
    runtime.signal.throwIfAborted();
    const record = await claims.read(recordKey(claimant));
    const { priority, kept, isHeld } = await decidePriority(claims, claimant, { rules, record, round });
    if ((isHeld && record?.value.claimed === true) || (await settle(claims, claimant, record, priority)))
      return { priority, kept };
    // Jobs that lost at the same moment must not retry at the same moment.
    await wait(Math.random() * Math.min(10 * (round + 1), 100), undefined, { signal: runtime.signal }).catch(() => {});
  }
  throw new VendhostError('PRIORITY_CONTENDED', `no listener priority after ${roundLimit} tries`, {
    hint: `retry; if it happens again, look at ${keys.priorityClaim(listenerId(claimant), 0).replace('0.json', '')} in the bucket ${claimant.bucket}`,
  });
}

/**
 * Releases a tenant's numbers except those of the bands it keeps (none when it retires); claims of others stay. Call it
 * when the tenant's rules are deleted. Returns the numbers released.
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
    // The record is deleted last: while it exists, an interrupted release can be repeated.
    for (const number of numbersOf(record.value)) await dropClaim(claims, claimant, number);
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

/** Names of the bands in which a tenant has a number on record, except those it keeps. */
async function otherBands(
  claims: Claims,
  claimant: PriorityHolder,
  keep: readonly Pick<Band, 'name'>[],
): Promise<string[]> {
  const prefix = keys.tenantPriority(listenerId(claimant), claimant.tenant, '').replace(/[^/]+$/, '');
  const bands = (await claims.list(prefix)).map((name) => name.replace(/\.json$/, ''));
  return bands.filter((band) => !keep.some((kept) => kept.name === band));
}

/** The number on record, and one that a job which died may not have released. */
function numbersOf({ priority, leaves }: PriorityClaim): number[] {
  return leaves === undefined ? [priority] : [leaves, priority];
}

type Claims = ConditionalObjects<PriorityClaim>;

/** What a round depends on. */
interface Round {
  readonly rules: readonly ListenerRule[];
  readonly record: Stored<PriorityClaim> | undefined;
  /** How many were lost. */
  readonly round: number;
}

async function decidePriority(
  claims: Claims,
  claimant: Claimant,
  { rules, record, round }: Round,
): Promise<PriorityChoice & { readonly isHeld: boolean }> {
  const { band, isOurs, listenerArn } = claimant;
  const own = record?.value.priority;
  if (own !== undefined && (await holds(claims, claimant, own))) {
    // A number that is kept needs no listing: its own claim is enough.
    const kept = choosePriority({ band, rules, taken: new Set(), own, isOurs });
    if (kept?.kept === true) return { ...kept, isHeld: true };
  }
  const taken = await readTaken(claims, claimant);
  const skip = round === 0 ? 0 : await waitingPlace(claims, claimant, taken, round);
  const choice = choosePriority({ band, rules, taken, own, isOurs, skip });
  if (choice !== undefined) return { ...choice, isHeld: false };
  throw new VendhostError(
    'PRIORITIES_EXHAUSTED',
    `no priority from ${band.first} to ${band.last} is free on ${listenerArn}`,
    {
      hint: 'delete the claims of removed tenants, or add a load balancer: load_balancers in platform.yml',
    },
  );
}

/**
 * How many free numbers to leave to others: fewer than the tenants, including this one, that have a record of the band but no claim.
 * Two jobs of a tenant that see the same leave as many.
 */
async function waitingPlace(
  claims: Claims,
  claimant: Claimant,
  claimed: ReadonlySet<number>,
  round: number,
): Promise<number> {
  const { band, tenant } = claimant;
  const folder = keys.tenantPriorities(listenerId(claimant));
  const recorded = (await claims.listAll(folder)).filter((name) => name.endsWith(`/${band.name}.json`)).length;
  const done = [...claimed].filter((number) => number >= band.first && number <= band.last).length;
  const waiting = Math.max(1, recorded - done);
  return createHash('sha256').update(`${tenant}/${round}`).digest().readUInt32BE() % waiting;
}

/** Writes record and claim of the number; `false` when another job was faster and the state must be read again. */
async function settle(
  claims: Claims,
  claimant: Claimant,
  record: Stored<PriorityClaim> | undefined,
  priority: number,
): Promise<boolean> {
  const { tenant } = claimant;
  const key = claimKey(claimant, priority);
  let etag = record?.etag;
  if (record?.value.leaves !== undefined) await dropClaim(claims, claimant, record.value.leaves);
  if (record?.value.priority !== priority) {
    const leaves = record?.value.priority;
    // The record names the number it leaves, so that another job can finish this when the job dies. It goes first: a job that has just claimed that
    // number, and confirmed it, has changed the record.
    const moved = { tenant, priority, ...(leaves === undefined ? {} : { leaves }) };
    etag = await written(claims, recordKey(claimant), moved, etag);
    if (etag === undefined) return false;
    if (leaves !== undefined) await dropClaim(claims, claimant, leaves);
  }
  const made = await claims.create(key, { tenant, priority });
  const held = made.outcome === 'lost' ? made.current : made;
  if (held === undefined || (made.outcome === 'lost' && made.current?.value.tenant !== tenant)) return false;
  if ((await written(claims, recordKey(claimant), { tenant, priority, claimed: true }, etag)) !== undefined)
    return true;
  // Another job of this tenant moved on to another number before our claim was written.
  const current = await claims.read(recordKey(claimant));
  if (current?.value.priority !== priority) await claims.remove(key, held.etag);
  return false;
}

/** The ETag of a record that replaced the one that was read, or is new; `undefined`: another job was faster. */
async function written(claims: Claims, key: string, value: PriorityClaim, former: string | undefined) {
  const end = await (former === undefined ? claims.create(key, value) : claims.replace(key, value, former));
  return end.outcome === 'lost' ? undefined : end.etag;
}

async function holds(claims: Claims, claimant: PriorityHolder, priority: number): Promise<boolean> {
  return (await claims.read(claimKey(claimant, priority)))?.value.tenant === claimant.tenant;
}

/** Removes the tenant's own claim. If another was written since it was read, it belongs to another job, which decides about it. */
async function dropClaim(claims: Claims, claimant: PriorityHolder, priority: number): Promise<void> {
  const held = await claims.read(claimKey(claimant, priority));
  if (held?.value.tenant === claimant.tenant) await claims.remove(claimKey(claimant, priority), held.etag);
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
