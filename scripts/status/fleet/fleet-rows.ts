import { partValue, type StatusPart, shownPart } from '../../aws/status-part.ts';
import { hostAlarms, names } from '../../config/names.ts';
import { findImages } from '../../drift/checks/images/find-images.ts';
import { abbreviated } from '../../output.ts';
import type { NewestReleases } from '../../release/history/read-newest.ts';
import type { Release } from '../../release/history/release.ts';
import { authorName, shortRevision } from '../../release/history/release-words.ts';
import { isBusy, isSteady } from '../../stack/stack-state.ts';
import { ageWords, timeWords } from '../age.ts';
import { isOfSomebody } from '../host/release-rows.ts';
import { type Cost, costsOf } from './fleet-costs.ts';
import type { FleetSnapshot, FleetStack, FleetTenant } from './fleet-snapshot.ts';

/** `unknown`: something could not be read, and the rest is healthy. `no host`: vended, nothing provisioned. */
export type FleetState = 'needs a look' | 'unknown' | 'well' | 'no host';

/** A tenant in an environment, as the page and the JSON show it. Unknown values say so. */
export interface FleetRow {
  readonly tenant: string;
  readonly environment: string;
  readonly state: FleetState;
  /** What needs attention, and what is not known, in words. */
  readonly needs: readonly string[];
  readonly hosts: readonly string[];
  /** What runs: `0a1b2c3d, commit 01234567 by Ada`, and since when. */
  readonly release: string;
  readonly releasedAt: string;
  /** A newer release that is not what runs: `waiting for approval`. */
  readonly newer: string;
  /** `2 of at least 2`. */
  readonly instances: string;
  readonly image: string;
  readonly imageCreatedAt: string;
  /** When the drift of the stack that was looked at longest ago was detected; empty where one never was. */
  readonly driftCheckedAt: string;
  /** From the bill, on request. Unknown costs make no tenant unknown: they say nothing about the software. */
  readonly costs?: StatusPart<readonly Cost[]>;
}

/** The findings about one thing: what needs attention, and what is not known. */
interface Said {
  readonly needs?: readonly string[];
  readonly unknown?: readonly string[];
}

/** The rows of an environment in the order of the tenants' names. */
export function fleetRows(snapshot: FleetSnapshot): FleetRow[] {
  return (partValue(snapshot.tenants) ?? []).map((tenant) => fleetRow(snapshot, tenant));
}

function fleetRow(snapshot: FleetSnapshot, { tenant, hosts }: FleetTenant): FleetRow {
  const { environment } = snapshot;
  const place = { tenant, environment };
  const own = stacksOf(snapshot, tenant);
  const hasHost = own === undefined || own.some(({ name }) => name === names.tenantStack(place, 'host'));
  const shown = {
    ...{ tenant, environment, hosts },
    ...releaseCells(snapshot, tenant),
    ...imageCells(snapshot, tenant),
    instances: instanceCell(snapshot, tenant),
    driftCheckedAt: driftCell(own),
    ...costCell(snapshot, tenant),
  };
  const said = [
    ...(hasHost ? [releaseSaid(snapshot, tenant), groupSaid(snapshot, tenant), imageSaid(snapshot, tenant)] : []),
    alarmSaid(snapshot, tenant),
    stackSaid(snapshot, own),
  ];
  const needs = said.flatMap((each) => each.needs ?? []);
  const unknown = [...new Set(said.flatMap((each) => each.unknown ?? []))];
  const state = needs.length > 0 ? 'needs a look' : unknown.length > 0 ? 'unknown' : hasHost ? 'well' : 'no host';
  return { ...shown, state, needs: [...needs, ...unknown] };
}

function stacksOf({ stacks, environment }: FleetSnapshot, tenant: string): readonly FleetStack[] | undefined {
  const wanted = (['access', 'entry', 'data', 'host'] as const).map((layer) =>
    names.tenantStack({ environment, tenant }, layer),
  );
  return partValue(stacks)?.filter(({ name }) => wanted.includes(name));
}

function releaseCells({ releases }: FleetSnapshot, tenant: string): Pick<FleetRow, 'release' | 'releasedAt' | 'newer'> {
  const part = releases[tenant];
  if (part === undefined) return { release: 'none', releasedAt: '', newer: '' };
  if ('unknown' in part) return { release: 'unknown', releasedAt: '', newer: '' };
  const { last } = part.value;
  const newer = waitingOf(part.value) ?? part.value.newer;
  return {
    release: last === undefined ? 'none' : releaseText(last),
    releasedAt: last === undefined ? '' : timeWords(last.end ?? last.start),
    newer: newer === undefined || !isOfSomebody(newer) ? '' : `${newer.state}: ${releaseText(newer)}`,
  };
}

/** No message of a commit: the page is for more people than the project. */
function releaseText({ record, executionId }: Release): string {
  if (record === undefined) return `execution ${abbreviated(executionId)}, without a record`;
  const { revision, commit, author } = record;
  const by = author === '' ? '' : ` by ${authorName(author)}`;
  return `${shortRevision(revision)}${commit === '' ? '' : `, commit ${abbreviated(commit)}${by}`}`;
}

function releaseSaid({ releases, at }: FleetSnapshot, tenant: string): Said {
  const part = releases[tenant];
  if (part === undefined) return {};
  if ('unknown' in part) return { unknown: [`releases unknown: ${part.unknown}`] };
  const { newer } = part.value;
  const waiting = waitingOf(part.value);
  const since = (time: number) => ageWords(at - time);
  return {
    needs: [
      ...(waiting === undefined
        ? []
        : [`a release has waited for approval for ${since(waiting.approval?.at ?? waiting.start)}`]),
      ...(newer?.state === 'failed' && isOfSomebody(newer)
        ? [`the last release failed ${since(newer.end ?? newer.start)} ago`]
        : []),
    ],
  };
}

/** Newer ones may wait behind it, or have superseded each other. */
function waitingOf({ newer, waiting }: NewestReleases): Release | undefined {
  return newer?.state === 'waiting for approval' ? newer : waiting;
}

/** What a tenant cost, or without one the platform's own resources of the environment. */
export function costCell({ costs, environment }: FleetSnapshot, tenant = ''): Pick<FleetRow, 'costs'> {
  return costs === undefined ? {} : { costs: shownPart(costs, (months) => costsOf(months, environment, tenant)) };
}

function groupOf({ groups, environment }: FleetSnapshot, tenant: string) {
  return partValue(groups)?.find(({ name }) => name === names.host({ environment, tenant }));
}

function instanceCell(snapshot: FleetSnapshot, tenant: string): string {
  if ('unknown' in snapshot.groups) return 'unknown';
  const group = groupOf(snapshot, tenant);
  return group === undefined ? 'none' : `${group.inService} of at least ${group.min}`;
}

function groupSaid(snapshot: FleetSnapshot, tenant: string): Said {
  if ('unknown' in snapshot.groups) return { unknown: [`instances unknown: ${snapshot.groups.unknown}`] };
  const group = groupOf(snapshot, tenant);
  if (group === undefined) return { needs: ['it has no Auto Scaling group'] };
  if (group.inService >= group.min) return {};
  return { needs: [`${group.inService} of at least ${group.min} instances are in service and healthy`] };
}

function imageCells({ images }: FleetSnapshot, tenant: string): Pick<FleetRow, 'image' | 'imageCreatedAt'> {
  if ('unknown' in images) return { image: 'unknown', imageCreatedAt: '' };
  const facts = images.value.find(({ place }) => place.tenant === tenant);
  const createdAt = facts?.image?.createdAt;
  return { image: facts?.inUse ?? 'none', imageCreatedAt: createdAt === undefined ? '' : timeWords(createdAt) };
}

function imageSaid({ images, at }: FleetSnapshot, tenant: string): Said {
  if ('unknown' in images) return { unknown: [`image unknown: ${images.unknown}`] };
  const facts = images.value.find(({ place }) => place.tenant === tenant);
  const found = facts === undefined ? [] : findImages(facts, new Date(at));
  return {
    needs: found.filter(({ gravity }) => gravity !== 'unknown').map(({ title }) => title),
    unknown: found.filter(({ gravity }) => gravity === 'unknown').map(({ title }) => title),
  };
}

function alarmSaid({ alarms, environment, at }: FleetSnapshot, tenant: string): Said {
  if ('unknown' in alarms) return { unknown: [`alarms unknown: ${alarms.unknown}`] };
  const stack = names.tenantStack({ environment, tenant }, 'host');
  const since = (time: number | undefined) => (time === undefined ? '' : ` for ${ageWords(at - time)}`);
  // By whole names: those of a tenant called shop-host-two begin as those of shop do.
  const needs = hostAlarms.flatMap((alarm) => {
    const found = alarms.value.find(({ name }) => name === names.hostAlarm(stack, alarm));
    return found === undefined ? [] : [`alarm ${alarm}${since(found.since)}`];
  });
  return { needs };
}

function driftCell(own: readonly FleetStack[] | undefined): string {
  const times = (own ?? []).map(({ checkedAt }) => checkedAt ?? 0);
  const oldest = Math.min(...times);
  return times.length === 0 || oldest === 0 ? '' : timeWords(oldest);
}

function maintenanceNeed(how: 'vended' | 'switched'): string {
  return `in maintenance${how === 'switched' ? ', switched by the tenant' : ''}: a page answers for its hosts`;
}

function stackSaid({ stacks, at }: FleetSnapshot, own: readonly FleetStack[] | undefined): Said {
  if ('unknown' in stacks) return { unknown: [`stacks and drift unknown: ${stacks.unknown}`] };
  const needs = (own ?? []).flatMap(({ name, status, drift, checkedAt, inMaintenance }) => [
    ...(inMaintenance === undefined ? [] : [maintenanceNeed(inMaintenance)]),
    ...(isSteady(status) || isBusy({ status }) ? [] : [`${name} is ${status}`]),
    ...(drift === 'DRIFTED' ? [`${name} has drifted, found ${ageWords(at - (checkedAt ?? at))} ago`] : []),
  ]);
  return { needs };
}
