import type { Image, Instance, LaunchTemplateVersion } from '@aws-sdk/client-ec2';
import { tagOf } from '../../image/image-faults.ts';
import { imageSnapshots } from './tenant-images.ts';

/** Everything in an account that may start from an image, or was made from one, for any tenant. */
export interface AccountUses {
  /** Not the terminated ones. */
  readonly instances: readonly Pick<Instance, 'InstanceId' | 'ImageId' | 'State'>[];
  /** Each launch template with all its versions. */
  readonly templates: readonly UsedTemplate[];
  readonly launchConfigurations: readonly { readonly name: string; readonly image: string }[];
  readonly groups: readonly UsedGroup[];
  /** All images of the account, disabled ones too. */
  readonly images: readonly Image[];
}

export interface UsedTemplate {
  readonly id: string;
  readonly name: string;
  readonly versions: readonly Pick<LaunchTemplateVersion, 'VersionNumber' | 'LaunchTemplateData' | 'DefaultVersion'>[];
}

/** An Auto Scaling group, and what its new instances start from. */
export interface UsedGroup {
  readonly name: string;
  readonly template?: { readonly id: string; readonly version: string } | undefined;
  /** Launch configuration. */
  readonly configuration?: string | undefined;
  /** Images that a mixed instances policy names beside its launch templates. */
  readonly overrides: readonly string[];
}

/** Who uses an image, one phrase each, by the image's id; an image that nobody uses is not in it. */
export type ImageUses = ReadonlyMap<string, readonly string[]>;

/** Finds who uses each image of an account. */
export function usesOf({ instances, templates, launchConfigurations, groups, images }: AccountUses): ImageUses {
  const uses = new Map<string, string[]>();
  const add = (image: string | undefined, phrase: string) => {
    if (image !== undefined && image !== '') uses.set(image, [...(uses.get(image) ?? []), phrase]);
  };
  for (const { InstanceId, ImageId, State } of instances) add(ImageId, `instance ${InstanceId} (${State?.Name})`);
  for (const { name, versions } of templates) {
    for (const [image, numbers] of versionsByImage(versions)) {
      add(image, `launch template ${name}, version${numbers.length === 1 ? '' : 's'} ${numbers.join(', ')}`);
    }
  }
  for (const { name, image } of launchConfigurations) add(image, `launch configuration ${name}`);
  for (const group of groups) {
    const configured = launchConfigurations.find(({ name }) => name === group.configuration)?.image;
    const started = new Set([templateImage(group, templates), configured, ...group.overrides]);
    for (const image of started) add(image, `Auto Scaling group ${group.name}`);
  }
  for (const image of images) {
    for (const used of usedByImage(image, images)) add(used, `image ${image.ImageId}`);
  }
  return uses;
}

function versionsByImage(versions: UsedTemplate['versions']): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const { VersionNumber = 0, LaunchTemplateData } of versions) {
    const image = LaunchTemplateData?.ImageId;
    if (image !== undefined)
      found.set(
        image,
        [...(found.get(image) ?? []), VersionNumber].sort((a, b) => a - b),
      );
  }
  return found;
}

/** Image of the version that a group's new instances start from. */
function templateImage({ template }: UsedGroup, templates: readonly UsedTemplate[]): string | undefined {
  const versions = templates.find(({ id }) => id === template?.id)?.versions ?? [];
  const newest = Math.max(...versions.map(({ VersionNumber = 0 }) => VersionNumber));
  const isIt = ({ VersionNumber, DefaultVersion }: UsedTemplate['versions'][number]) => {
    if (template?.version === '$Default') return DefaultVersion === true;
    return template?.version === '$Latest' ? VersionNumber === newest : String(VersionNumber) === template?.version;
  };
  return versions.find(isIt)?.LaunchTemplateData?.ImageId;
}

/** Other images that an image was made from, or whose snapshots it has. */
function usedByImage(image: Image, all: readonly Image[]): Set<string> {
  const snapshots = imageSnapshots(image);
  const sharing = all.filter((each) => imageSnapshots(each).some((id) => snapshots.includes(id)));
  const sources = [tagOf(image, 'vendhost:source-ami'), image.SourceImageId];
  const found = new Set([...sources, ...sharing.map(({ ImageId }) => ImageId)].flatMap((id) => id ?? []));
  found.delete(image.ImageId ?? '');
  return found;
}
