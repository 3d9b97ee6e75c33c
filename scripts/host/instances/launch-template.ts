import type { ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Aws } from '../../aws/session.ts';
import type { Group } from './group.ts';

/** A version of a launch template. */
export interface LaunchVersion {
  readonly number: string;
  readonly data: ResponseLaunchTemplateData;
}

/** The version that a group's instances start from, and the newest one of its launch template. */
export async function readLaunchVersions(
  aws: Aws,
  { launchTemplateId, version }: Group,
): Promise<{ own: LaunchVersion; newest: LaunchVersion }> {
  const { DescribeLaunchTemplateVersionsCommand } = await import('@aws-sdk/client-ec2');
  const command = new DescribeLaunchTemplateVersionsCommand({
    LaunchTemplateId: launchTemplateId,
    Versions: [version, '$Latest'],
  });
  const { LaunchTemplateVersions = [] } = await (await aws.ec2()).send(command);
  const versions = LaunchTemplateVersions.map(({ VersionNumber, LaunchTemplateData = {} }) => ({
    number: String(VersionNumber),
    data: LaunchTemplateData,
  })).sort((a, b) => Number(a.number) - Number(b.number));
  const [own, newest] = [versions.find(({ number }) => number === version), versions.at(-1)];
  if (own === undefined || newest === undefined) throw new Error(`no version ${version} of ${launchTemplateId}`);
  return { own, newest };
}

/** The number of the newest version of a launch template. */
export async function newestVersion(aws: Aws, launchTemplateId: string): Promise<string> {
  const { DescribeLaunchTemplatesCommand } = await import('@aws-sdk/client-ec2');
  const command = new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [launchTemplateId] });
  const newest = (await (await aws.ec2()).send(command)).LaunchTemplates?.[0]?.LatestVersionNumber;
  if (newest === undefined) throw new Error(`no launch template ${launchTemplateId}`);
  return String(newest);
}
