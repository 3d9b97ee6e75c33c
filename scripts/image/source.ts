import type { Image } from '@aws-sdk/client-ec2';
import type { Aws } from '../aws/session.ts';
import { type Architecture, architectureOf, canBakeFor, type VendhostConfig } from '../config/vendhost.ts';
import { VendhostError } from '../errors.ts';
import { ownImageFaults } from './find.ts';
import type { ImageOwner } from './record.ts';

/** The AMI that a bake starts from. */
export interface SourceAmi {
  readonly id: string;
  readonly name: string;
  readonly architecture: Architecture;
  readonly rootDevice: string;
  /** Size of its root volume, in GiB; an image cannot be smaller. */
  readonly volumeGib: number;
}

/** The architecture that builder and instances share; throws `ARCHITECTURE_MIXED` when they differ. */
export function sharedArchitecture({ image, instances }: Pick<VendhostConfig, 'image' | 'instances'>): Architecture {
  const architecture = architectureOf(instances.type);
  if (canBakeFor({ image, instances })) return architecture;
  throw new VendhostError(
    'ARCHITECTURE_MIXED',
    `instances.type ${instances.type} is ${architecture}, image.builder_type ${image.builder_type} is not`,
    { hint: `set image.builder_type in vendhost.yml to an ${architecture} type` },
  );
}

/**
 * The newest available AMI with the name and owner from `vendhost.yml`. In the account itself, which `self` names, only
 * images that the tenant's records name: the account also holds those of other tenants, with the data on their disks.
 *
 * @param pinned id of the one to use; it must also match `vendhost.yml`
 */
export async function findSourceAmi(
  aws: Aws,
  owner: ImageOwner,
  image: VendhostConfig['image'],
  architecture: Architecture,
  pinned = '',
): Promise<SourceAmi> {
  const { paginateDescribeImages } = await import('@aws-sdk/client-ec2');
  const filters = {
    name: image.source.name,
    architecture,
    state: 'available',
    'root-device-type': 'ebs',
    'virtualization-type': 'hvm',
    ...(pinned === '' ? {} : { 'image-id': pinned }),
  };
  const found: Image[] = [];
  const pages = paginateDescribeImages(
    { client: await aws.ec2() },
    {
      Owners: [image.source.owner],
      Filters: Object.entries(filters).map(([Name, value]) => ({ Name, Values: [value] })),
    },
  );
  for await (const page of pages) found.push(...(page.Images ?? []));
  const account = await aws.account();
  const inAccount = found.filter(({ OwnerId }) => OwnerId === account);
  const fitting = inAccount.length === 0 ? found : await ownImages(aws, owner, image, inAccount);
  return chooseSource(fitting, image, architecture, pinned);
}

/** Those that are the tenant's; throws `SOURCE_AMI_FOREIGN` when none is. */
async function ownImages(
  aws: Aws,
  owner: ImageOwner,
  { source }: VendhostConfig['image'],
  images: readonly Image[],
): Promise<Image[]> {
  const faults = await Promise.all(images.map((image) => ownImageFaults(aws, owner, image)));
  const own = images.filter((_image, index) => faults[index]?.length === 0);
  if (own.length > 0) return own;
  const { tenant, environment } = owner.place;
  throw new VendhostError(
    'SOURCE_AMI_FOREIGN',
    `no AMI named ${source.name} of this account is an image of ${tenant} in ${environment}`,
    {
      details: images.flatMap(({ ImageId }, index) => (faults[index] ?? []).map((fault) => `${ImageId}: ${fault}`)),
      hint: "set image.source in vendhost.yml to a publisher's account, to amazon or aws-marketplace, or to an own image",
    },
  );
}

const pinnedHint =
  'VENDHOST_SOURCE_AMI pins it: set it to an AMI that image.source in vendhost.yml matches, or unset it';

/** Chooses the newest; throws when there is none or when it does not fit the volume. */
export function chooseSource(
  found: readonly Image[],
  { source, volume_gib }: VendhostConfig['image'],
  architecture: Architecture,
  pinned = '',
): SourceAmi {
  const newest = [...found].sort((a, b) => (b.CreationDate ?? '').localeCompare(a.CreationDate ?? ''))[0];
  if (newest?.ImageId === undefined || newest.RootDeviceName === undefined) {
    throw new VendhostError(
      'SOURCE_AMI_MISSING',
      `no available ${architecture} AMI ${pinned === '' ? '' : `${pinned} `}named ${source.name} of owner ${source.owner}`,
      {
        hint:
          pinned === ''
            ? 'fix image.source in vendhost.yml; names of arm64 images differ from those of x86_64'
            : pinnedHint,
      },
    );
  }
  const root = newest.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === newest.RootDeviceName);
  const volumeGib = root?.Ebs?.VolumeSize ?? 0;
  if (volumeGib > volume_gib) {
    throw new VendhostError(
      'VOLUME_TOO_SMALL',
      `image.volume_gib ${volume_gib} is less than the ${volumeGib} GiB of ${newest.ImageId} (${newest.Name})`,
      { hint: `set image.volume_gib in vendhost.yml to ${volumeGib} or more` },
    );
  }
  return { id: newest.ImageId, name: newest.Name ?? '', architecture, rootDevice: newest.RootDeviceName, volumeGib };
}
