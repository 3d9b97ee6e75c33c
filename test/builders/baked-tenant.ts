import { prepareBake } from '../../scripts/image/bake/prepare.ts';
import { bakeKeyTag } from '../../scripts/image/image-faults.ts';
import { writeRecord } from '../../scripts/image/record.ts';
import { makeImage } from './image.ts';
import type { Platform } from './platform.ts';

/** Makes the image that a bake of this checkout would, with its record, but without Packer. */
export async function bakeWithoutPacker(platform: Platform, tenant: string, directory: string): Promise<string> {
  const runtime = platform.runtime();
  const place = { tenant, environment: platform.environment };
  const prepared = await prepareBake(
    { ...runtime, env: { ...runtime.env, PATH: process.env.PATH } },
    platform.aws,
    place,
    directory,
  );
  const tags = { [bakeKeyTag]: prepared.bakeKey };
  const imageId = await makeImage(platform, tenant, { tags, recorded: false });
  await writeRecord(platform.aws, prepared.owner, prepared.bakeKey, { imageId, inputs: prepared.inputs });
  return imageId;
}
