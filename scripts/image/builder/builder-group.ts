import { answered } from '../../aws/answers.ts';
import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import type { PlatformFacts } from '../../config/facts.ts';
import type { Place } from '../../config/names.ts';
import { keyPairName, runTags } from '../bake-run.ts';
import { tagList } from './launch.ts';

/** Who bakes, and from where the builder may be reached. */
export interface BuilderGroup {
  readonly place: Place;
  readonly run: string;
  readonly facts: Pick<PlatformFacts, 'vpc-id' | 'builder-sources'>;
}

/**
 * Creates the builder's security group, tagged in the creating call: port 22, from the networks that the platform allows.
 */
export async function makeBuilderGroup(aws: Aws, { place, run, facts }: BuilderGroup): Promise<string> {
  const sdk = await import('@aws-sdk/client-ec2');
  const ec2 = await aws.ec2();
  const GroupName = keyPairName(run);
  const made = await ec2
    .send(
      new sdk.CreateSecurityGroupCommand({
        GroupName,
        Description: `Builder of an image of ${place.tenant} in ${place.environment}`,
        VpcId: facts['vpc-id'],
        TagSpecifications: [{ ResourceType: 'security-group', Tags: tagList(runTags(place, run)) }],
      }),
    )
    .then(
      (answer) => answer.GroupId,
      async (thrown: unknown) => {
        if (!isDuplicate(thrown, 'InvalidGroup.Duplicate')) throw thrown;
        // The name is unique to this run: the first response was lost.
        const Filters = Object.entries({ 'group-name': GroupName, 'vpc-id': facts['vpc-id'] }).map(([Name, value]) => ({
          Name,
          Values: [value],
        }));
        return (await ec2.send(new sdk.DescribeSecurityGroupsCommand({ Filters }))).SecurityGroups?.[0]?.GroupId;
      },
    );
  const GroupId = answered(made, 'EC2 CreateSecurityGroup', 'a group');
  const IpRanges = facts['builder-sources'].map((CidrIp) => ({ CidrIp, Description: 'Runners' }));
  const ingress = new sdk.AuthorizeSecurityGroupIngressCommand({
    GroupId,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges }],
  });
  await ec2.send(ingress).catch((thrown: unknown) => {
    if (!isDuplicate(thrown, 'InvalidPermission.Duplicate')) throw thrown;
  });
  return GroupId;
}

function isDuplicate(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && thrown.name === code;
}

/** Deletes the group; a builder that was just terminated may still hold it for a while. */
export async function removeBuilderGroup(aws: Aws, GroupId: string, signal: AbortSignal): Promise<void> {
  const { DeleteSecurityGroupCommand } = await import('@aws-sdk/client-ec2');
  await poll({
    what: `${GroupId} to be free`,
    pace: aws.pace,
    limitMs: 2 * 60_000,
    signal,
    async check() {
      try {
        await (await aws.ec2()).send(new DeleteSecurityGroupCommand({ GroupId }));
        return true;
      } catch (thrown) {
        if (thrown instanceof Error && thrown.name === 'DependencyViolation') return undefined;
        throw thrown;
      }
    },
  });
}
