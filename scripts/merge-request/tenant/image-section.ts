import type { HostImage } from '../../host/host-image.ts';
import { planBake, readKnownImages } from '../../image/bake/bake-plan.ts';
import type { PreparedBake } from '../../image/bake/prepare.ts';
import { inputChanges } from '../../image/bake-key.ts';
import { describeImage } from '../../image/find.ts';
import { bakeKeyOf } from '../../image/image-faults.ts';
import { readRecord } from '../../image/record.ts';
import type { Finding } from '../../report/report.ts';
import { counted } from '../../repository/findings.ts';
import type { SectionBody } from '../findings/planned-section.ts';
import type { TenantContext } from './tenant-context.ts';

/** The image that the push uses for the instances. */
export interface ImageForecast extends SectionBody {
  /** An AMI, or the one that the bake will make. */
  readonly image: string | HostImage;
}

/** In place of the id of an image that is still to be made. */
export const bakedImage = 'the image that the bake makes';

/** Whether the push bakes, and the differences from the inputs of the environment's image. */
export async function forecastImage(context: TenantContext, id: string): Promise<ImageForecast> {
  const { aws, inputs } = context;
  const prepared = await context.prepared;
  if (prepared === undefined) throw new Error('no image is planned of a repository without infrastructure/');
  const running = inputs.deployed.host?.parameters.ImageId;
  const [known, differing] = await Promise.all([
    readKnownImages(aws, prepared),
    running === undefined ? undefined : differencesFrom(context, prepared, running),
  ]);
  const plan = planBake(prepared.inputs, known);
  if (plan.action === 'use') {
    const { imageId } = plan;
    if (imageId === running) return { image: imageId, summary: `no bake: ${imageId} stays`, findings: [] };
    const summary = `no bake: ${imageId} was baked from these inputs before`;
    const title = `the instances get the image ${imageId}, which was baked before`;
    return { image: imageId, summary, findings: [imageFinding(id, title, running, imageId, differing ?? [])] };
  }
  const reasons = differing === undefined || differing.length === 0 ? plan.reasons : differing;
  const summary =
    running === undefined ? 'a first image is baked' : `an image is baked: ${counted(reasons.length, 'input')} changed`;
  const title = running === undefined ? 'a first image is baked' : 'an image is baked, which takes minutes';
  const rootDevice = prepared.source.rootDevice;
  return {
    image: { id: bakedImage, rootDevice: inputs.deployed.host?.parameters.RootDevice ?? rootDevice },
    summary,
    findings: [imageFinding(id, title, running, bakedImage, reasons)],
  };
}

function imageFinding(
  id: string,
  title: string,
  from: string | undefined,
  to: string,
  details: readonly string[],
): Finding {
  return {
    id: `${id}/image`,
    gravity: 'change',
    title,
    details,
    values: [{ path: 'image', ...(from === undefined ? {} : { from }), to }],
  };
}

/** One line for each input that differs from those of the image that the environment has. */
async function differencesFrom(
  { aws }: TenantContext,
  { owner, inputs }: PreparedBake,
  image: string,
): Promise<string[]> {
  const found = await describeImage(aws, image);
  const bakeKey = found && bakeKeyOf(found);
  const record = bakeKey === undefined ? undefined : await readRecord(aws, owner, bakeKey);
  return record === undefined ? [`no record says what ${image} was made of`] : inputChanges(record.inputs, inputs);
}
