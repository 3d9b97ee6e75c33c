import { openAws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { abbreviated, tableLines } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { openStore } from './open-store.ts';
import { readReleases } from './read-releases.ts';
import type { Release } from './release.ts';
import { approvalWords, authorName, releaseJson, releaseTook, shortRevision, timeOf } from './release-words.ts';

export interface ListOptions extends Place {
  /** How many, of the newest. */
  readonly limit: number;
}

/** Prints the newest releases: when, in which state, what of whom, on which image, and who approved. Only reads. */
export async function listReleases(runtime: Runtime, { limit, ...place }: ListOptions): Promise<undefined> {
  const aws = openAws(runtime);
  const { store } = await openStore(aws, place);
  const { releases, more } = await readReleases(aws, store, limit);
  const text =
    releases.length === 0
      ? [`no release of ${place.tenant} in ${place.environment} yet`]
      : [
          ...tableLines([columns, ...releases.map((release) => tableRow(release, Date.now()))]),
          ...(releases.some(({ current }) => current) ? ['* what the instances have'] : []),
          ...(more ? ['there are older ones: give --limit a larger number'] : []),
        ];
  runtime.out.result({ releases: releases.map(releaseJson), more }, text.join('\n'));
  return undefined;
}

const columns = [
  '',
  'started (UTC)',
  'state',
  'revision',
  'commit',
  'author',
  'image',
  'approval',
  'took',
  'execution',
];

function tableRow(release: Release, now: number): string[] {
  const { record, revision, approval, state, current, executionId } = release;
  return [
    current ? '*' : '',
    timeOf(release.start),
    `${state}${markOf(release)}`,
    shortRevision(record?.revision ?? revision ?? '') || '-',
    abbreviated(record?.commit ?? '') || '-',
    authorName(record?.author ?? '') || '-',
    record?.image || '-',
    approval === undefined ? '-' : approvalWords({ ...approval, summary: '' }),
    releaseTook(release, now),
    executionId,
  ];
}

/** What is unusual about how it was started. */
function markOf({ record, intake }: Release): string {
  if (record?.rollbackOf !== undefined) return ' (rollback)';
  if (record?.promotedFrom !== undefined) return ` (from ${record.promotedFrom.environment})`;
  return intake === true ? ' (intake)' : '';
}
