import type { Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import { newPipeline } from '../../gitlab/new-pipeline.ts';
import { keyChanges, type ProvisionKey, sameTemplates } from './provision-key.ts';

/**
 * Makes sure that a provision would change nothing but the image: a schedule applies patches, but nothing that no push has deployed. Throws
 * `INFRASTRUCTURE_OUTDATED` with what else differs.
 *
 * @param deployed the host stack's provision key; `undefined` when there is none
 */
export function requireOnlyImage(place: Place, deployed: string | undefined, wanted: ProvisionKey): void {
  if (sameTemplates(deployed, wanted)) return;
  const message = `more than the image of ${place.tenant} in ${place.environment} would change`;
  throw new VendhostError('INFRASTRUCTURE_OUTDATED', message, {
    details: keyChanges(deployed, wanted),
    hint: `in GitLab, ${newPipeline}: it provisions all of it; after that a newer image is taken up again`,
  });
}
