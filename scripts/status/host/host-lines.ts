import type { StatusPart } from '../../aws/status-part.ts';
import { abbreviated, tableLines } from '../../output.ts';
import { byGravity, gravityWords } from '../../report/gravity.ts';
import type { Finding } from '../../report/report.ts';
import { seenOnOneLine } from '../../report/safe-text.ts';
import { ageWords } from '../age.ts';
import type { HostAlarm, HostDatabase } from './host-snapshot.ts';
import type { DriftRow, HostStatus, ImageRow, InstanceRow } from './host-status.ts';
import type { ReleaseRow } from './release-rows.ts';

/** A host's status as lines: what needs attention first, then each part. */
export function hostLines(status: HostStatus): string[] {
  const { tenant, environment, needs, hosts } = status;
  const now = Date.parse(status.at);
  const lines = [
    `${tenant} in ${environment}: ${needWords(needs.length)}`,
    ...sorted(needs).flatMap(needLines),
    ...(needs.length === 0 ? [] : ['']),
    ...rows('hosts', [hosts.map((host) => `https://${host}`).join(' ') || 'none']),
    ...partRows('runs', status.running, (running) => [
      running === null ? 'no revision for certain' : releaseText(running, now),
    ]),
    ...partRows('releases', status.releases, (all) => (all.length === 0 ? ['none yet'] : releaseTable(all, now))),
    ...partRows('instances', status.instances, (all) => instanceLines(all, status.least, now)),
    ...partRows('image', status.image, (image) => [imageText(image, now)]),
    ...partRows('alarms', status.alarms, alarmTexts),
    ...partRows('database', status.database, (database) => [databaseText(database)]),
    ...partRows('stacks', status.stacks, (all) => stackTable(all, now)),
  ];
  return lines.map((line) => (/^ */.exec(line)?.[0] ?? '') + seenOnOneLine(line));
}

function needWords(count: number): string {
  if (count === 0) return 'all is well';
  return count === 1 ? 'one thing needs a look' : `${count} things need a look`;
}

/** The gravest first. */
function sorted(needs: readonly Finding[]): Finding[] {
  const section = { id: '', title: '', summary: '', state: 'found' as const, findings: needs };
  return byGravity({ title: '', summary: '', facts: {}, sections: [section] }).map(({ finding }) => finding);
}

function needLines({ gravity, title, details = [], values = [], next }: Finding): string[] {
  return [
    `  ${gravityWords[gravity].toLowerCase()}: ${title}`,
    ...values.map(({ path, from = '(none)', to = '(none)' }) => `    ${path}: ${from} → ${to}`),
    ...details.map((detail) => `    ${detail}`),
    ...(next === undefined ? [] : [`    next: ${next}`]),
  ];
}

const labelWidth = 'instances  '.length;

/** Lines with a label before the first. */
function rows(label: string, texts: readonly string[]): string[] {
  return texts.map((text, index) => `${(index === 0 ? label : '').padEnd(labelWidth)}${text}`);
}

function partRows<T>(label: string, part: StatusPart<T>, texts: (value: T) => readonly string[]): string[] {
  return rows(label, 'value' in part ? texts(part.value) : [`unknown: ${part.unknown}`]);
}

const ago = (time: string, now: number) => (time === '' ? 'unknown' : ageWords(now - Date.parse(time)));

function releaseText(row: ReleaseRow, now: number): string {
  const { revision, commit, author, message, since } = row;
  const what = revision === '' ? `execution ${abbreviated(row.executionId)}, without a record` : abbreviated(revision);
  const of = commit === '' ? '' : `, commit ${abbreviated(commit)}${author === '' ? '' : ` by ${author}`}`;
  return `${what}${of}${message === '' ? '' : `, "${message}"`}, since ${since} (${ago(since, now)})`;
}

function releaseTable(all: readonly ReleaseRow[], now: number): string[] {
  return tableLines(
    all.map((row) => [
      row.state,
      abbreviated(row.revision) || `execution ${abbreviated(row.executionId)}`,
      abbreviated(row.commit),
      `${ago(row.since, now)} ago`,
      row.user === '' ? row.author : `started by ${row.user}`,
    ]),
  );
}

function instanceLines(all: readonly InstanceRow[], least: number, now: number): string[] {
  const inService = all.filter(({ state }) => state === 'InService').length;
  const table = all.map((row) => [
    row.id,
    row.zone,
    `${ago(row.startedAt, now)} old`,
    row.state === 'InService' ? row.state : `${row.state} (${row.machine})`,
    `${row.image}${row.isCurrentImage ? '' : ' (not what new ones start from)'}`,
    revisionText(row),
    row.reason === '' ? row.target : `${row.target}: ${row.reason}`,
  ]);
  return [`${inService} in service, at least ${least} wanted`, ...tableLines(table)];
}

function revisionText({ revision, deploy }: InstanceRow): string {
  if (deploy === '') return 'no revision';
  const name = revision === '' ? 'an older revision' : abbreviated(revision);
  return deploy === 'Succeeded' ? name : `${name} (${deploy.toLowerCase()})`;
}

function imageText(image: ImageRow | null, now: number): string {
  if (image === null) return 'none in use';
  const bake = image.isNewestBake ? 'the newest bake' : 'not the newest bake';
  const base =
    image.base === ''
      ? 'its base is not known'
      : `base ${image.base}, ${ago(image.baseCreatedAt, now)} old${image.newestBase === image.base ? ', the newest' : ''}`;
  return `${image.id}, ${ago(image.createdAt, now)} old, ${bake}; ${base}`;
}

function alarmTexts(alarms: readonly HostAlarm[]): string[] {
  if (alarms.length === 0) return ['none'];
  const inState = (wanted: string) => alarms.filter(({ state }) => state === wanted);
  const silent = inState('INSUFFICIENT_DATA').length;
  const off = inState('ALARM');
  const tally = off.length === 0 ? 'none has gone off' : `${off.length} gone off`;
  return [
    `${alarms.length}, ${tally}${silent === 0 ? '' : `, ${silent} without data`}`,
    ...off.map(({ name }) => name),
  ];
}

function databaseText(database: HostDatabase | null): string {
  if (database === null) return 'none';
  const { status, engine, standby, pending } = database;
  const waits = pending.length === 0 ? 'no pending changes' : `pending: ${pending.join(', ')}`;
  return `${database.class}, ${engine}, ${status}${standby ? ', with a standby' : ''}, ${waits}`;
}

const driftWords: Readonly<Record<string, string>> = {
  IN_SYNC: 'in sync',
  DRIFTED: 'drifted',
  NOT_CHECKED: 'never checked for drift',
};

function stackTable(all: readonly DriftRow[], now: number): string[] {
  return tableLines(
    all.map(({ stack, status, drift, checkedAt }) => [
      stack,
      status,
      status === 'missing'
        ? ''
        : `${driftWords[drift] ?? 'drift unknown'}${checkedAt === '' ? '' : `, ${ago(checkedAt, now)} ago`}`,
    ]),
  );
}
