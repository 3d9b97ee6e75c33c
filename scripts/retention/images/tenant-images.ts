import type { Image } from '@aws-sdk/client-ec2';
import { type Place, tags } from '../../config/names.ts';
import { runTag } from '../../image/bake-run.ts';
import { bakeKeyOf, tagOf } from '../../image/image-faults.ts';

/** An image of a tenant's in one environment, as EC2 has it. */
export interface TenantImage {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  /** EC2's word for it: `available`, `pending`, `disabled`, … */
  readonly state: string;
  /** Absent when the bake did not finish. */
  readonly bakeKey: string | undefined;
  /** Of the bake that made it; images of versions before 0.1.0 have none. */
  readonly run: string | undefined;
  /** Full hash; empty when the bake had no commit. */
  readonly commit: string;
  /** The AMI it was baked from. */
  readonly source: string | undefined;
  /** Of all its volumes together. */
  readonly sizeGib: number;
  /** EC2 refuses to deregister it (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deregistration-protection.html). */
  readonly isProtected: boolean;
  readonly snapshots: readonly string[];
  /** As EC2 described it. */
  readonly image: Image;
}

/** The images of an account with the tags of a tenant and an environment, newest first. */
export function tenantImagesOf(images: readonly Image[], { environment, tenant }: Place): TenantImage[] {
  const wanted = Object.entries(tags(environment, 'image', tenant));
  return images
    .filter((image) => wanted.every(([tag, value]) => tagOf(image, tag) === value))
    .map(tenantImage)
    .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || a.id.localeCompare(b.id));
}

function tenantImage(image: Image): TenantImage {
  const volumes = (image.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs ?? []);
  return {
    id: image.ImageId ?? '',
    name: image.Name ?? '',
    createdAt: new Date(image.CreationDate ?? ''),
    state: image.State ?? '',
    bakeKey: bakeKeyOf(image),
    run: tagOf(image, runTag),
    commit: tagOf(image, 'vendhost:commit') ?? '',
    source: tagOf(image, 'vendhost:source-ami'),
    sizeGib: volumes.reduce((sum, { VolumeSize = 0 }) => sum + VolumeSize, 0),
    isProtected: (image.DeregistrationProtection ?? 'disabled') !== 'disabled',
    snapshots: imageSnapshots(image),
    image,
  };
}

export function imageSnapshots({ BlockDeviceMappings = [] }: Image): string[] {
  return BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
}
