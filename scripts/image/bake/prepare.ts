import { basename } from 'node:path';
import { readPlatformFacts, readTenantRecord } from '../../aws/read-facts.ts';
import type { Aws } from '../../aws/session.ts';
import type { PlatformFacts } from '../../config/facts.ts';
import { readVendhostConfig } from '../../config/files.ts';
import type { Place } from '../../config/names.ts';
import type { BakeInputs } from '../../config/stored.ts';
import type { VendhostConfig } from '../../config/vendhost.ts';
import { VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { bakeInputs, bakeKey } from '../bake-key.ts';
import { type ImageFile, readInfrastructure, readTree } from '../image-files.ts';
import { packerDirectory, packerTemplate, packerVersion } from '../packer/run-packer.ts';
import type { ImageOwner } from '../record.ts';
import { findSourceAmi, type SourceAmi, sharedArchitecture } from '../source.ts';

/** The inputs of a bake, read once. */
export interface PreparedBake {
  readonly place: Place;
  readonly owner: ImageOwner;
  readonly facts: PlatformFacts;
  readonly config: VendhostConfig['image'];
  readonly source: SourceAmi;
  readonly scripts: readonly ImageFile[];
  readonly base: readonly ImageFile[];
  readonly inputs: BakeInputs;
  readonly bakeKey: string;
}

/**
 * Reads the repository first: its faults show without a call to AWS. `VENDHOST_SOURCE_AMI` pins the source AMI in all jobs of a pipeline,
 * for example to bake from the same source as another environment.
 */
export async function prepareBake(runtime: Runtime, aws: Aws, place: Place, directory: string): Promise<PreparedBake> {
  const [{ image: config, instances }, scripts, platformFiles, version] = await Promise.all([
    readVendhostConfig(directory),
    readInfrastructure(directory),
    readTree(packerDirectory),
    packerVersion(runtime),
  ]);
  const architecture = sharedArchitecture({ image: config, instances });
  const [facts, record] = await Promise.all([readPlatformFacts(aws, place.environment), readTenantRecord(aws, place)]);
  const owner = { place, bucket: facts.bucket };
  checkSourceOwner(config.source.owner, [...record.limits.image_owners, await aws.account()], place.tenant);
  const source = await findSourceAmi(aws, owner, config, architecture, runtime.env.VENDHOST_SOURCE_AMI);
  checkBuilderType(config.builder_type, record.limits.instance_types, place.tenant);
  const { base, template } = platformInputs(platformFiles);
  const inputs = bakeInputs({
    place,
    scripts,
    base,
    template,
    sourceAmi: source.id,
    architecture,
    volumeGib: config.volume_gib,
    encryptionKey: facts['key-arn'],
    packer: version,
  });
  const key = bakeKey(inputs);
  return { place, owner, facts, config, source, scripts, base, inputs, bakeKey: key };
}

function platformInputs(files: readonly ImageFile[]) {
  const template = basename(packerTemplate);
  return {
    base: files
      .filter(({ path }) => path.startsWith('base/'))
      .map((file) => ({ ...file, path: file.path.slice('base/'.length) })),
    template: files.filter(({ path }) => path === template || path.startsWith('phases/')),
  };
}

/** IAM checks the same when the builder starts (`ec2:Owner`), with a less helpful error. `self` is the tenant's own images. */
function checkSourceOwner(publisher: string, allowed: readonly string[], tenant: string): void {
  if (publisher === 'self' || allowed.includes(publisher)) return;
  throw new VendhostError(
    'LIMIT_EXCEEDED',
    `image.source.owner ${publisher} is not among the publishers that ${tenant} may choose from`,
    {
      details: [`allowed: ${allowed.join(', ')}, self`],
      hint: "choose an allowed publisher in vendhost.yml, or ask the platform team to raise the tenant's limits",
    },
  );
}

function checkBuilderType(type: string, allowed: readonly string[], tenant: string): void {
  if (allowed.includes(type)) return;
  throw new VendhostError('LIMIT_EXCEEDED', `image.builder_type ${type} is not among the instance types of ${tenant}`, {
    details: [`allowed: ${allowed.join(', ')}`],
    hint: "choose an allowed type in vendhost.yml, or ask the platform team to raise the tenant's limits",
  });
}
