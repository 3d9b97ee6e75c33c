import type { Image } from '@aws-sdk/client-ec2';
import type { ImageRecord } from '../../config/stored.ts';
import { recordNaming } from '../../image/record.ts';
import { abbreviated } from '../../output.ts';
import { daysBetween, type RetentionRules } from '../rules.ts';
import { type ImageStanding, judgeImages } from './prune-plan.ts';
import type { TenantImage } from './tenant-images.ts';

/** An image as `image list --json` has it. Unknown texts are empty; ages are in days. */
export interface ListedImage {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly ageDays: number;
  readonly bakeKey: string;
  readonly commit: string;
  readonly base: { readonly id: string; readonly name: string; readonly ageDays?: number };
  readonly sizeGib: number;
  /** EC2's word, or `unfinished`: its bake was killed, or has not ended. */
  readonly state: string;
  /** Whether the tenant's record of its bake key names it: only then a bake or a host uses it. */
  readonly onRecord: boolean;
  /** For a copy: environment and id of the original image. */
  readonly promotedFrom?: ImageRecord['promotedFrom'];
  readonly usedBy: readonly string[];
  /** Why `image prune` keeps it; empty when it does not. */
  readonly keptBecause: readonly string[];
}

/** A tenant's images, newest first. `bases`: the AMIs they were baked from, as far as EC2 still shows them. */
export function listedImages(
  facts: ImageStanding,
  bases: ReadonlyMap<string, Image>,
  rules: RetentionRules,
): ListedImage[] {
  return judgeImages(facts, rules).map(({ image, reasons }) => {
    const { id, name, createdAt, commit, bakeKey = '', sizeGib } = image;
    const record = recordNaming(facts.records.get(bakeKey), id);
    const promotedFrom = record?.promotedFrom;
    return {
      ...{ id, name, createdAt: createdAt.toISOString(), ageDays: daysBetween(createdAt, facts.now), bakeKey, commit },
      base: baseOf(image, bases, facts.now),
      sizeGib,
      state: bakeKey === '' ? 'unfinished' : image.state,
      onRecord: record !== undefined,
      ...(promotedFrom === undefined ? {} : { promotedFrom }),
      usedBy: facts.uses.get(id) ?? [],
      keptBecause: reasons,
    };
  });
}

function baseOf({ source = '' }: TenantImage, bases: ReadonlyMap<string, Image>, now: Date): ListedImage['base'] {
  const { Name = '', CreationDate } = bases.get(source) ?? {};
  const age = CreationDate === undefined ? {} : { ageDays: daysBetween(new Date(CreationDate), now) };
  return { id: source, name: Name, ...age };
}

const columns = ['image', 'days', 'bake key', 'commit', 'base image', 'its days', 'GiB', 'state', 'used by'];

/** A row of `image list` for people, under `columns`. */
export function imageRows(images: readonly ListedImage[]): string[][] {
  return [
    columns,
    ...images.map((image) => [
      image.id,
      String(image.ageDays),
      image.bakeKey.slice(0, 12) || '-',
      abbreviated(image.commit) || '-',
      image.base.name || image.base.id || '-',
      image.base.ageDays === undefined ? '-' : String(image.base.ageDays),
      String(image.sizeGib),
      imageStateWords(image),
      image.usedBy.join('; ') || '-',
    ]),
  ];
}

function imageStateWords({ state, onRecord, promotedFrom }: ListedImage): string {
  if (!onRecord && state !== 'unfinished') return `${state}, not on record`;
  return promotedFrom === undefined ? state : `${state}, from ${promotedFrom.environment}`;
}
