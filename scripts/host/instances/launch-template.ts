import type { ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import { answered } from '../../aws/answers.ts';
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
  const call = 'EC2 DescribeLaunchTemplateVersions';
  const own = versions.find(({ number }) => number === version);
  return {
    own: answered(own, call, `version ${version} of ${launchTemplateId}`),
    newest: answered(versions.at(-1), call, `a version of ${launchTemplateId}`),
  };
}

/** The number of the newest version of a launch template. */
export async function newestVersion(aws: Aws, launchTemplateId: string): Promise<string> {
  const { DescribeLaunchTemplatesCommand } = await import('@aws-sdk/client-ec2');
  const command = new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [launchTemplateId] });
  const newest = (await (await aws.ec2()).send(command)).LaunchTemplates?.[0]?.LatestVersionNumber;
  return String(answered(newest, 'EC2 DescribeLaunchTemplates', launchTemplateId));
}
