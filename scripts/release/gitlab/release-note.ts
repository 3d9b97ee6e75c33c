import { environments } from '../../config/environment.ts';
import type { Place } from '../../config/names.ts';
import { abbreviated } from '../../output.ts';
import { linkTo } from '../../report/markdown.ts';
import { markerStart } from '../../report/note-marker.ts';

/** How the note begins that says where a merge request is. */
export const releaseMarker = markerStart('releases');

/** What a release did with the commits of a merge request. */
export interface ReleasedRequest {
  readonly place: Place;
  readonly commit: string;
  /** A rollback has removed it from the environment. */
  readonly isTakenBack: boolean;
  readonly at: Date;
  readonly jobUrl: string;
  /** Where the software answers; empty if only a wildcard is known. */
  readonly url: string;
}

/** The note with this release's line; lines of other environments, and of other tenants of the repository, do not change. */
export function releaseNote(released: ReleasedRequest, former: string | undefined): string {
  const own = lineOf(released);
  const lines = (former ?? '').split('\n').filter((line) => placeIn(line) !== undefined);
  const present = lines.find((line) => isSamePlace(line, own));
  const others = lines.filter((line) => !isSamePlace(line, own));
  // The same release once more, by a retried job: the first line stands.
  const kept = present?.includes(whatOf(released)) === true ? present : own;
  const sorted = [...others, kept].toSorted((one, other) => rank(one) - rank(other) || one.localeCompare(other));
  return [`${releaseMarker}-->`, '', ...sorted].join('\n');
}

function lineOf(released: ReleasedRequest): string {
  const { place, isTakenBack, at, jobUrl, url } = released;
  const what = jobUrl === '' ? whatOf(released) : linkTo(jobUrl, whatOf(released));
  const when = `${isTakenBack ? 'taken back' : 'since'} ${minuteOf(at)}`;
  const where = isTakenBack || url === '' ? [] : [linkTo(url, url)];
  return `- **${place.tenant} in ${place.environment}** ${[when, what, ...where].join(', ')}`;
}

/** `2026-11-27 03:12 UTC` */
function minuteOf(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function whatOf({ commit, isTakenBack }: ReleasedRequest): string {
  return `${isTakenBack ? 'rollback to' : 'release of'} ${abbreviated(commit)}`;
}

function placeIn(line: string): { tenant: string; environment: string } | undefined {
  const [, tenant, environment] = /^- \*\*([a-z0-9-]+) in ([a-z]+)\*\* /.exec(line) ?? [];
  return tenant === undefined || environment === undefined ? undefined : { tenant, environment };
}

function isSamePlace(line: string, other: string): boolean {
  const [one, two] = [placeIn(line), placeIn(other)];
  return one?.tenant === two?.tenant && one?.environment === two?.environment;
}

function rank(line: string): number {
  return (environments as readonly string[]).indexOf(placeIn(line)?.environment ?? '');
}
