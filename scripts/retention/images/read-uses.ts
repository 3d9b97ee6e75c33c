import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { LaunchTemplate } from '@aws-sdk/client-ec2';
import { atMost } from '../../aws/at-most.ts';
import type { Aws } from '../../aws/session.ts';
import { VendhostError } from '../../errors.ts';
import type { AccountUses, UsedGroup, UsedTemplate } from './image-uses.ts';

/** So many launch templates are read at the same time. */
const templatesAtOnce = 10;

/**
 * Reads what in an account may start from an image: every list to its last page, or it throws. Throws `IMAGE_USE_UNKNOWN` if a launch
 * template does not say which image it means.
 */
export async function readUses(aws: Aws): Promise<AccountUses> {
  const ec2 = await import('@aws-sdk/client-ec2');
  const scaling = await import('@aws-sdk/client-auto-scaling');
  const [client, groups] = await Promise.all([aws.ec2(), aws.autoScaling()]);
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'shutting-down', 'stopping', 'stopped'] };
  const [images, instances, templates, launchConfigurations, scalingGroups] = await Promise.all([
    all(
      ec2.paginateDescribeImages({ client }, { Owners: ['self'], IncludeDeprecated: true, IncludeDisabled: true }),
      ({ Images }) => Images,
    ),
    all(ec2.paginateDescribeInstances({ client }, { Filters: [alive] }), ({ Reservations = [] }) =>
      Reservations.flatMap(({ Instances = [] }) => Instances),
    ),
    all(ec2.paginateDescribeLaunchTemplates({ client }, {}), ({ LaunchTemplates }) => LaunchTemplates),
    all(
      scaling.paginateDescribeLaunchConfigurations({ client: groups }, {}),
      ({ LaunchConfigurations }) => LaunchConfigurations,
    ),
    all(
      scaling.paginateDescribeAutoScalingGroups({ client: groups }, {}),
      ({ AutoScalingGroups }) => AutoScalingGroups,
    ),
  ]);
  return {
    images,
    instances,
    templates: await readVersions(aws, templates),
    launchConfigurations: launchConfigurations.map(({ LaunchConfigurationName: name = '', ImageId: image = '' }) => ({
      name,
      image,
    })),
    groups: scalingGroups.map(usedGroup),
  };
}

async function readVersions(aws: Aws, templates: readonly LaunchTemplate[]): Promise<UsedTemplate[]> {
  return await atMost(templatesAtOnce, templates, (template) => readUsedTemplate(aws, template));
}

async function readUsedTemplate(
  aws: Aws,
  { LaunchTemplateId: id = '', LaunchTemplateName: name = '' }: LaunchTemplate,
): Promise<UsedTemplate> {
  const { paginateDescribeLaunchTemplateVersions } = await import('@aws-sdk/client-ec2');
  const pages = paginateDescribeLaunchTemplateVersions({ client: await aws.ec2() }, { LaunchTemplateId: id });
  const versions = await all(pages, ({ LaunchTemplateVersions }) => LaunchTemplateVersions).catch((thrown: unknown) => {
    // It was deleted since it was listed.
    if (thrown instanceof Error && /^InvalidLaunchTemplateId\.NotFound/.test(thrown.name)) return [];
    throw thrown;
  });
  for (const { VersionNumber, LaunchTemplateData } of versions) {
    if (isForeignAlias(LaunchTemplateData?.ImageId)) throw unknownUse(name, VersionNumber, LaunchTemplateData?.ImageId);
  }
  return { id, name, versions };
}

/**
 * An image by a parameter of Systems Manager, which may name any image at any time
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html#use-an-ssm-parameter-instead-of-an-ami-id). Those below
 * `/aws/` are AWS's own, and name AWS's images.
 */
function isForeignAlias(image: string | undefined): boolean {
  return image?.startsWith('resolve:ssm:') === true && !image.startsWith('resolve:ssm:/aws/');
}

function unknownUse(template: string, version: number | undefined, image: string | undefined): VendhostError {
  return new VendhostError(
    'IMAGE_USE_UNKNOWN',
    `version ${version} of the launch template ${template} names its image by a parameter: ${image}`,
    {
      hint: 'ask the platform team to have it name an image by its id, or to delete the version: until then nothing is removed',
    },
  );
}

function usedGroup(group: AutoScalingGroup): UsedGroup {
  const mixed = group.MixedInstancesPolicy?.LaunchTemplate;
  const template = group.LaunchTemplate ?? mixed?.LaunchTemplateSpecification;
  return {
    name: group.AutoScalingGroupName ?? '',
    ...(template?.LaunchTemplateId === undefined
      ? {}
      : { template: { id: template.LaunchTemplateId, version: template.Version ?? '$Default' } }),
    ...(group.LaunchConfigurationName === undefined ? {} : { configuration: group.LaunchConfigurationName }),
    overrides: (mixed?.Overrides ?? []).flatMap(({ ImageId }) => ImageId ?? []),
  };
}

async function all<P, T>(pages: AsyncIterable<P>, items: (page: P) => T[] | undefined): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) found.push(...(items(page) ?? []));
  return found;
}
