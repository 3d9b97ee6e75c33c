import type { Aws } from '../aws/session.ts';
import type { Place } from '../config/names.ts';
import type { BakeInputs } from '../config/stored.ts';
import { readOwnImage } from '../host/instances/own-image.ts';
import { inputChanges } from '../image/bake-key.ts';
import { readBakedImage } from '../image/baked-image.ts';

/** Whether the software will run on the same image as there. An image stays in its environment, so the inputs of both are compared. */
export type ImageComparison =
  | { readonly kind: 'same'; readonly there: string; readonly here: string }
  | {
      readonly kind: 'differs';
      readonly there: string;
      readonly here: string;
      readonly changes: readonly string[];
      /** The AMI to bake from, if this environment's image is based on another one. */
      readonly sourceAmi?: string;
    }
  | { readonly kind: 'unknown'; readonly why: string };

/** An opened environment of a tenant. */
export interface OpenPlace {
  readonly aws: Aws;
  readonly place: Place;
  readonly bucket: string;
}

/** Compares the image that the software ran on there with the one that instances start from here. */
export async function compareImages(there: OpenPlace, here: OpenPlace, image: string): Promise<ImageComparison> {
  const own = (await readOwnImage(here.aws, here.place)) ?? '';
  if (image === '' || own === '') {
    const where = image === '' ? there : here;
    return { kind: 'unknown', why: `it is not known which image ${where.place.environment} runs on` };
  }
  const [before, now] = await Promise.all([readBakeInputs(there, image), readBakeInputs(here, own)]);
  if (before === undefined || now === undefined) {
    return { kind: 'unknown', why: `no record says what ${before === undefined ? image : own} was made of` };
  }
  return judgePair({ id: image, inputs: before }, { id: own, inputs: now });
}

interface MadeImage {
  readonly id: string;
  readonly inputs: BakeInputs;
}

/** Environment and key are never the same: images are encrypted with the key of their environment. */
export function judgePair(there: MadeImage, here: MadeImage): ImageComparison {
  const ofNowhere = (inputs: BakeInputs) => ({ ...inputs, place: '', encryptionKey: '' });
  const changes = inputChanges(ofNowhere(there.inputs), ofNowhere(here.inputs));
  const ids = { there: there.id, here: here.id };
  if (changes.length === 0) return { kind: 'same', ...ids };
  const { sourceAmi } = there.inputs;
  return { kind: 'differs', ...ids, changes, ...(sourceAmi === here.inputs.sourceAmi ? {} : { sourceAmi }) };
}

/** The result of the comparison, for people. */
export function comparisonWords(comparison: ImageComparison, from: string): string[] {
  if (comparison.kind === 'unknown') {
    return [`whether the image is made of the same as that of ${from} is unknown: ${comparison.why}`];
  }
  const { there, here } = comparison;
  if (comparison.kind === 'same') return [`image ${here} is made of the same as ${there}, on which ${from} runs it`];
  const pin =
    comparison.sourceAmi === undefined
      ? []
      : [`  to bake from the same: a pipeline of the branch with VENDHOST_SOURCE_AMI=${comparison.sourceAmi}`];
  return [
    `image ${here} is not made of the same as ${there}, on which ${from} runs it:`,
    ...comparison.changes.map((change) => `  ${change}`),
    ...pin,
  ];
}

async function readBakeInputs({ aws, place, bucket }: OpenPlace, id: string): Promise<BakeInputs | undefined> {
  const { record } = await readBakedImage(aws, { place, bucket }, id);
  return record?.inputs;
}
