import type { Aws } from '../aws/session.ts';

/**
 * Requires IMDSv2 of a builder that runs, as the template does for Packers that can: the role's credentials require a
 * session token and do not leave the instance
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html).
 */
export async function requireTokens(aws: Aws, instanceId: string): Promise<void> {
  const { ModifyInstanceMetadataOptionsCommand } = await import('@aws-sdk/client-ec2');
  await (await aws.ec2()).send(
    new ModifyInstanceMetadataOptionsCommand({
      InstanceId: instanceId,
      HttpEndpoint: 'enabled',
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
    }),
  );
}
