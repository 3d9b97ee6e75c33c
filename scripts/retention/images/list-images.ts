import { readPlatformFacts } from '../../aws/read-facts.ts';
import { openAws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { describeImages } from '../../image/describe.ts';
import { tableLines } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import type { RetentionRules } from '../rules.ts';
import { imageRows, listedImages } from './image-rows.ts';
import { readImageFacts } from './read-image-facts.ts';

export interface ImageListOptions extends Place, RetentionRules {}

/** Lists a tenant's images in one environment, newest first, with their base images and who uses them. */
export async function listImages(runtime: Runtime, options: ImageListOptions): Promise<undefined> {
  const place = { tenant: options.tenant, environment: options.environment };
  const aws = openAws(runtime);
  const { bucket } = await readPlatformFacts(aws, place.environment);
  const { facts } = await readImageFacts(aws, { place, bucket }, { keep: options.keep });
  const bases = await describeImages(
    aws,
    facts.images.flatMap(({ source }) => source ?? []),
  );
  const images = listedImages(facts, bases, options);
  const none = `no image of ${place.tenant} in ${place.environment}`;
  runtime.out.result({ images }, images.length === 0 ? none : tableLines(imageRows(images)).join('\n'));
}
