import type { Image, Snapshot, Tag } from '@aws-sdk/client-ec2';
import type { Aws } from '../../aws/session.ts';
import { tags } from '../../config/names.ts';
import { promotedFromTag, runTag, sourceSnapshotTag } from '../bake-run.ts';
import { tagList } from '../builder/launch.ts';
import type { WantedCopy } from './copy-plan.ts';

/** Tags of what a run creates for a copy: for IAM, and for a later run that resumes it. */
export function copyTags({ place, from, source }: WantedCopy, run: string): Record<string, string> {
  return {
    ...tags(place.environment, 'image', place.tenant),
    [runTag]: run,
    [promotedFromTag]: `${from}/${source.ImageId}`,
  };
}

/** What runs have created of a copy so far. */
export interface CopyTraces {
  readonly images: readonly Image[];
  readonly snapshots: readonly Snapshot[];
}

/** Where an image is, and where it is copied to. */
export interface CopyRoute {
  readonly from: Aws;
  readonly to: Aws;
}

export interface CopyRun {
  readonly wanted: WantedCopy;
  readonly run: string;
  readonly traces: CopyTraces;
}

/** Finds it by its tags, whichever run created it. */
export async function findCopyTraces(aws: Aws, wanted: WantedCopy): Promise<CopyTraces> {
  const sdk = await import('@aws-sdk/client-ec2');
  const client = await aws.ec2();
  const wantedTags = Object.entries(copyTags(wanted, '*')).filter(([tag]) => tag !== runTag);
  const Filters = wantedTags.map(([tag, value]) => ({ Name: `tag:${tag}`, Values: [value] }));
  const found = { images: [] as Image[], snapshots: [] as Snapshot[] };
  for await (const page of sdk.paginateDescribeImages({ client }, { Owners: ['self'], Filters }))
    found.images.push(...(page.Images ?? []));
  for await (const page of sdk.paginateDescribeSnapshots({ client }, { OwnerIds: ['self'], Filters }))
    found.snapshots.push(...(page.Snapshots ?? []));
  return found;
}

/** Takes over what a dead run left, so that no sweep removes it as a dead run's. */
export async function adopt(aws: Aws, run: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const { CreateTagsCommand } = await import('@aws-sdk/client-ec2');
  await (await aws.ec2()).send(new CreateTagsCommand({ Resources: [...ids], Tags: [{ Key: runTag, Value: run }] }));
}

/** Tags of a snapshot that is a copy of this one. */
export function diskTags(wanted: WantedCopy, run: string, snapshot: string): Tag[] {
  return tagList({ ...copyTags(wanted, run), [sourceSnapshotTag]: snapshot });
}

export function isCopyOf(one: { readonly Tags?: Tag[] | undefined }, snapshot: string): boolean {
  return one.Tags?.some(({ Key, Value }) => Key === sourceSnapshotTag && Value === snapshot) === true;
}
