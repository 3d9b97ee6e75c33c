import type { Aws } from '../../aws/session.ts';
import { readVendhostConfig } from '../../config/files.ts';
import type { Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import { readHostImage } from '../../host/host-image.ts';
import { readOwnImage } from '../../host/instances/own-image.ts';
import { provisionKey, sameTemplates } from '../../host/key/provision-key.ts';
import { readHostInputs } from '../../host/plan/provision-inputs.ts';

/** What happens to the image when the software is rolled back; `why` is for people. */
export type ImagePlan =
  | { readonly kind: 'back'; readonly from: string; readonly to: string }
  | { readonly kind: 'stays'; readonly image: string; readonly why: string };

export interface ImageQuestion {
  readonly place: Place;
  readonly bucket: string;
  /** The image that the revision was released on; empty if no record says so. */
  readonly recorded: string;
  /** Roll back only the software. */
  readonly keep: boolean;
  /** Folder with `vendhost.yml`. */
  readonly directory: string;
}

/**
 * Whether the image is rolled back, too. It is only if a provision of this checkout would change nothing else: other changes
 * do not belong in a rollback. An unusable image is not restored, and does not prevent the rollback of the software.
 */
export async function planImage(
  aws: Aws,
  { place, bucket, recorded, keep, directory }: ImageQuestion,
): Promise<ImagePlan> {
  const image = (await readOwnImage(aws, place)) ?? '';
  const stays = (why: string): ImagePlan => ({ kind: 'stays', image, why });
  if (recorded === image) return stays('the revision ran on it');
  if (recorded === '') return stays('no record says which image the revision ran on');
  const ran = `the revision ran on ${recorded}`;
  if (keep) return stays(`${ran}, and --keep-image is given`);
  const fault = await readHostImage(aws, { place, bucket }, recorded).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof VendhostError) return error.message;
      throw error;
    },
  );
  if (fault !== undefined) return stays(`${ran}, but: ${fault}`);
  const [config, inputs] = await Promise.all([readVendhostConfig(directory), readHostInputs(aws, place)]);
  const key = provisionKey({ ...inputs, config, image: recorded });
  if (sameTemplates(inputs.deployed.host?.parameters.ProvisionKey, key))
    return { kind: 'back', from: image, to: recorded };
  return stays(`${ran}, but this checkout says something else of the virtual host than what is provisioned`);
}

export function imageWords(plan: ImagePlan): string {
  if (plan.kind === 'back') return `image ${plan.from} → ${plan.to}, when the software is back`;
  return `image ${plan.image || 'unknown'} stays: ${plan.why}`;
}
