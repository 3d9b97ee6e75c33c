import type { Image, Snapshot } from '@aws-sdk/client-ec2';
import type { Environment } from '../../config/environment.ts';
import type { Place } from '../../config/names.ts';
import type { BakeInputs } from '../../config/stored.ts';
import { architectureOf } from '../../config/vendhost.ts';
import { VendhostError } from '../../errors.ts';
import { bakeKey } from '../bake-key.ts';
import type { BakedImage } from '../baked-image.ts';
import type { RecordedImage } from '../find.ts';
import { imageFaults } from '../image-faults.ts';
import { bakedImageFaults } from '../verify.ts';

/** The image that another environment runs on. */
export interface SourceImage extends BakedImage {
  readonly id: string;
  readonly snapshots: readonly Snapshot[];
}

/** The target of the copy. */
export interface CopyTarget {
  readonly place: Place;
  readonly from: Environment;
  /** The image's environment. */
  readonly account: string;
  /** ARN of the key that encrypts the copy. */
  readonly encryptionKey: string;
  /** Instance type that starts from it. */
  readonly instanceType: string;
}

/** An image to copy, and a description of its copy here. */
export interface WantedCopy extends CopyTarget {
  readonly source: Image;
  /** Its inputs, with the place and the key of the copy: a bake here from the same inputs would have this key. */
  readonly inputs: BakeInputs;
  readonly bakeKey: string;
}

export type CopyPlan =
  | { readonly kind: 'use'; readonly imageId: string; readonly bakeKey: string }
  | { readonly kind: 'copy'; readonly wanted: WantedCopy };

/**
 * Describes the copy of an image. Throws `IMAGE_NOT_PROMOTABLE` with all reasons if it cannot be copied.
 */
export function wantedCopy(found: SourceImage, target: CopyTarget): WantedCopy {
  const { image: source, record } = found;
  const { place, from, encryptionKey } = target;
  const faults = sourceFaults(found, target);
  if (faults.length > 0 || source === undefined || record === undefined) {
    throw new VendhostError('IMAGE_NOT_PROMOTABLE', `${found.id} of ${from} cannot be copied to ${place.environment}`, {
      details: faults,
      hint: `provision ${from} with an image that \`vendhost image list --tenant ${place.tenant} --environment ${from}\` has, and test that; or promote the revision alone, without --image`,
    });
  }
  const inputs = { ...record.inputs, place: `${place.environment}/${place.tenant}`, encryptionKey };
  return { ...target, source, inputs, bakeKey: bakeKey(inputs) };
}

function sourceFaults(found: SourceImage, { place, from, account, instanceType }: CopyTarget): string[] {
  const { image, record, id, snapshots } = found;
  if (image === undefined) return [`EC2 does not know ${id} any more: it was deregistered`];
  const there = { tenant: place.tenant, environment: from };
  const faults = imageFaults(image, { place: there, account });
  if (record === undefined) return [...faults, `no record of ${place.tenant} in ${from} says what it was made of`];
  return [
    ...faults,
    ...bakedImageFaults(image, snapshots, record.inputs.encryptionKey),
    ...billingFaults(image),
    ...(image.Architecture === architectureOf(instanceType)
      ? []
      : [
          `it is ${image.Architecture}, and cannot start ${instanceType}, which is instances.type in ${place.environment}`,
        ]),
  ];
}

/** An image registered from snapshots has no billing codes (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html). */
function billingFaults({ PlatformDetails = 'Linux/UNIX', ProductCodes = [] }: Image): string[] {
  return [
    ...(PlatformDetails === 'Linux/UNIX' ? [] : [`it is billed as ${PlatformDetails}, and its copy would not be`]),
    ...(ProductCodes.length === 0 ? [] : ['it has a product code of AWS Marketplace, and its copy would have none']),
  ];
}

/** Whether a copy of exactly this image exists. An image baked here from the same inputs is none: its bytes differ. */
export function planCopy(wanted: WantedCopy, own: RecordedImage | undefined): CopyPlan {
  const isCopy = own?.faults.length === 0 && own.promotedFrom?.image === wanted.source.ImageId;
  return isCopy ? { kind: 'use', imageId: own.imageId, bakeKey: wanted.bakeKey } : { kind: 'copy', wanted };
}
