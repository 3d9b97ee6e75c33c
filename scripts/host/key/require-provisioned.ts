import { platformFacts, readPublishedFacts, readTenantRecord } from '../../aws/read-facts.ts';
import type { Aws } from '../../aws/session.ts';
import { readVendhostConfig } from '../../config/files.ts';
import { names, type Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import { newPipeline } from '../../gitlab/new-pipeline.ts';
import { prepareBake } from '../../image/bake/prepare.ts';
import { inputChanges } from '../../image/bake-key.ts';
import { describeImage } from '../../image/find.ts';
import { bakeKeyOf } from '../../image/image-faults.ts';
import { readRecord } from '../../image/record.ts';
import type { Runtime } from '../../runtime.ts';
import { readStack } from '../../stack/stack-state.ts';
import { readLibrary } from './library.ts';
import { interruptions } from './look-up.ts';
import { keyChanges, provisionKey } from './provision-key.ts';

/** The tenant's checkout. */
export interface Checkout {
  readonly place: Place;
  readonly directory: string;
}

/**
 * Makes sure that the virtual host matches this checkout, for pipelines that do not bake and provision every time. Throws
 * `INFRASTRUCTURE_OUTDATED` with all differences. It bakes nothing and changes nothing.
 */
export async function requireProvisioned(runtime: Runtime, aws: Aws, checkout: Checkout): Promise<void> {
  const { place, directory } = checkout;
  const [host, data] = await Promise.all([
    readStack(aws, names.tenantStack(place, 'host')),
    readStack(aws, names.tenantStack(place, 'data')),
  ]);
  if (host === undefined) throw outdated(`${place.tenant} has no virtual host in ${place.environment} yet`, []);
  const { ImageId: image = '', ProvisionKey } = host.parameters;
  const [config, published, record, library, imageReasons] = await Promise.all([
    readVendhostConfig(directory),
    readPublishedFacts(aws, place.environment),
    readTenantRecord(aws, place),
    readLibrary(),
    imageChanges(runtime, aws, checkout, image),
  ]);
  const facts = platformFacts(published, record.loadBalancer);
  const changes = keyChanges(ProvisionKey, provisionKey({ config, facts, record, image, library }));
  const reasons = [...imageReasons, ...changes, ...interruptions(place, { host, data })];
  if (reasons.length === 0) return;
  throw outdated(`the virtual host of ${place.tenant} in ${place.environment} is not what this commit says`, reasons);
}

/**
 * What differs between the inputs of the host's image and those of this checkout. A newer source AMI is no change of the
 * commit: the next bake uses it.
 */
async function imageChanges(runtime: Runtime, aws: Aws, checkout: Checkout, image: string): Promise<string[]> {
  const [prepared, found] = await Promise.all([
    prepareBake(runtime, aws, checkout.place, checkout.directory),
    describeImage(aws, image),
  ]);
  const bakeKey = found && bakeKeyOf(found);
  const record = bakeKey && (await readRecord(aws, prepared.owner, bakeKey));
  if (!record) return [`no record says what its image ${image} was made of`];
  return inputChanges(record.inputs, { ...prepared.inputs, sourceAmi: record.inputs.sourceAmi });
}

function outdated(message: string, details: readonly string[]): VendhostError {
  return new VendhostError('INFRASTRUCTURE_OUTDATED', message, {
    details,
    hint: `in GitLab, ${newPipeline}: it bakes and provisions; if this happens often, let every pipeline do so`,
  });
}
