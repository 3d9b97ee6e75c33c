import type { StatusPart } from '../aws/status-part.ts';
import type { Place } from '../config/names.ts';
import type { HostPipeline, ImageRecord } from '../config/stored.ts';
import type { MemberFacts } from '../drift/checks/hosts/host-facts.ts';
import type { Release } from '../release/history/release.ts';
import type { ReleasedPush } from '../release/history/release-record.ts';
import { approvalWords, originWords, title } from '../release/history/release-words.ts';
import { seenOnOneLine } from '../report/safe-text.ts';
import { timeWords } from '../status/age.ts';
import type { AskedName } from './asked.ts';

/** An image, as EC2 and the record of its bake have it; what is not known, as of one that is gone, is empty. */
export interface ChainImage {
  readonly id: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly bakeKey: string;
  /** The commit whose pipeline baked it. */
  readonly commit: string;
  /** The AMI it was baked from. */
  readonly source: string;
  /** Whether the record of its bake key names it. */
  readonly onRecord: boolean;
  /** Of a copy: what it is of. */
  readonly promotedFrom?: ImageRecord['promotedFrom'];
}

/** What provisioned the host last. `at` is in milliseconds since 1970. */
export interface ChainChange extends HostPipeline {
  readonly at: number;
}

/** What there is to know of a name, from the commit to the host. */
export interface ChainFacts {
  readonly asked: AskedName;
  readonly place: Place;
  readonly hosts: readonly string[];
  /** When it was read, milliseconds since 1970. */
  readonly at: number;
  /** The release that brought the software; none where there was none. */
  readonly release: StatusPart<Release | undefined>;
  /** Key of the revision, if one is known. */
  readonly revision: string | undefined;
  readonly image: StatusPart<ChainImage | undefined>;
  readonly change: StatusPart<ChainChange | undefined>;
  /** The push that first uploaded the revision. */
  readonly pushed: StatusPart<ReleasedPush | undefined>;
  readonly instances: StatusPart<readonly MemberFacts[]>;
}

/** A link of the chain. Empty texts are left out of a line. */
export interface ChainLink {
  readonly name: string;
  /** What it is; `none` where there is none. */
  readonly value: string;
  /** ISO 8601; empty where no time belongs to it. */
  readonly at: string;
  /** Why it is not known; absent where it is. */
  readonly unknown?: string;
}

/** The chain from the commit to the host, in the order in which it came about. */
export function chainLinks(facts: ChainFacts): ChainLink[] {
  const { place, hosts } = facts;
  return [
    link('tenant', place.tenant),
    link('environment', place.environment),
    ...pushLinks(facts),
    ...part('image', facts.image, (image) => imageLinks(image)),
    ...part('change', facts.change, (change) => [
      link('change', `pipeline ${change.pipeline} provisioned the host last, for commit ${change.commit}`, change.at),
      ...said('change, pipeline', change.url),
    ]),
    revisionLink(facts),
    ...part('release', facts.release, (release) => releaseLinks(release)),
    ...part('instances', facts.instances, (all) => all.map((member) => instanceLink(member)), 'none'),
    link('hosts', hosts.map((host) => `https://${host}`).join(' ')),
  ];
}

function revisionLink({ revision, release }: ChainFacts): ChainLink {
  const why = whyNot(release);
  return revision === undefined && why !== undefined
    ? link('revision', '', undefined, why)
    : link('revision', revision ?? 'none');
}

/** The push that was released; of software that never was, the one that uploaded it. */
function pushLinks({ release, pushed, revision }: ChainFacts): ChainLink[] {
  const record = 'value' in release ? release.value?.record : undefined;
  const push = record ?? ('value' in pushed ? pushed.value : undefined);
  if (push === undefined || push.commit === '') {
    const why = whyNot(release) ?? (isUnknown(pushed) ? pushed.unknown : undefined);
    const reason = why ?? (revision === undefined ? undefined : 'nothing is stored of its push');
    return [link('commit', reason === undefined ? 'none' : '', undefined, reason)];
  }
  return [
    link('commit', [push.commit, push.branch && `on ${push.branch}`, title(push.message)].filter(Boolean).join(', ')),
    link('author', push.author),
    link('merge request', push.mergeRequest, undefined, push.mergeRequest === '' ? noMergeRequest : undefined),
    ...('value' in pushed && pushed.value !== undefined ? firstPushLinks(push.commit, pushed.value) : []),
    ...said('pipeline', record?.pipelineUrl),
    ...said('job', record?.jobUrl),
  ];
}

const noMergeRequest = "the commit's message names none";

/** The same software may have been pushed before. */
function firstPushLinks(commit: string, first: ReleasedPush): ChainLink[] {
  if (first.commit === '' || first.commit === commit) return [];
  return said('first pushed as', `commit ${first.commit} by ${first.author}`);
}

function imageLinks({ id, createdAt, bakeKey, commit, source, onRecord, promotedFrom }: ChainImage): ChainLink[] {
  if (createdAt === '') return [link('image', id, undefined, `EC2 does not have ${id} any more, or does not show it`)];
  const words = [id, source && `from ${source}`, commit && `baked for commit ${commit}`].filter(Boolean);
  const why = bakeKey === '' ? `${id} has no tag with one` : undefined;
  return [
    link('image', words.join(', '), Date.parse(createdAt)),
    ...(promotedFrom === undefined
      ? []
      : [
          link(
            'copied from',
            [`${promotedFrom.image} of ${promotedFrom.environment}`, promotedFrom.job].filter(Boolean).join(', '),
            Date.parse(promotedFrom.at),
          ),
        ]),
    link('bake key', onRecord || why ? bakeKey : `${bakeKey}, whose record names another image`, undefined, why),
  ];
}

function releaseLinks(release: Release): ChainLink[] {
  const { executionId, state, current, start, end, record, approval } = release;
  const from = record?.promotedFrom;
  return [
    link('release', `execution ${executionId}`, start),
    ...said('started by', record?.user),
    ...said('rollback of', record?.rollbackOf),
    ...(from === undefined ? [] : said('promoted from', originWords(from))),
    approval === undefined ? link('approval', 'none') : link('approval', approvalWords(approval), approval.at),
    link('outcome', `${state}${current ? ', the instances have it' : ''}`, end),
  ];
}

function instanceLink({ id, state, machine = 'unknown', image = '', startedAt }: MemberFacts): ChainLink {
  return link('instance', [id, state, machine, image].filter(Boolean).join(', '), startedAt?.getTime());
}

/** The links of a part; one that says `none` or why it is not known where there is nothing to show. */
function part<T>(
  name: string,
  found: StatusPart<T>,
  links: (value: NonNullable<T>) => readonly ChainLink[],
  none = 'none',
): readonly ChainLink[] {
  if ('unknown' in found) return [link(name, '', undefined, found.unknown)];
  const shown = found.value === undefined || found.value === null ? [] : links(found.value);
  return shown.length === 0 ? [link(name, none)] : shown;
}

function said(name: string, value: string | undefined): ChainLink[] {
  return value ? [link(name, value)] : [];
}

function link(name: string, value: string, at?: number, unknown?: string): ChainLink {
  return { name, value, at: at === undefined ? '' : timeWords(at), ...(unknown === undefined ? {} : { unknown }) };
}

function isUnknown<T>(found: StatusPart<T>): found is { readonly unknown: string } {
  return 'unknown' in found;
}

/** Why the revision, and so the commit, is not known, although there may be one. */
function whyNot(release: ChainFacts['release']): string | undefined {
  if (isUnknown(release)) return release.unknown;
  const { executionId, record } = release.value ?? {};
  if (executionId === undefined || record !== undefined) return undefined;
  return `no record says what the execution ${executionId} released`;
}

/** The same for people, in two columns, with times at the end of a line. */
export function chainLines(links: readonly ChainLink[]): string[] {
  const width = Math.max(...links.map(({ name }) => name.length)) + 2;
  return links.map(({ name, value, at, unknown }) => {
    const text = unknown === undefined ? value : [value, `unknown: ${unknown}`].filter(Boolean).join(', ');
    return `${name.padEnd(width)}${seenOnOneLine(text)}${at === '' ? '' : ` (${at})`}`;
  });
}
