import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import type { Runtime } from '../../runtime.ts';

/** A network interface goes some time after its database. */
const limitMs = 15 * 60_000;

/** Deletes what a data stack kept besides the database, by what it is; what is gone is fine. */
export async function removeKept(aws: Aws, what: string, name: string): Promise<void> {
  const gone = /^(DBParameterGroupNotFound(Fault)?|ResourceNotFoundException)$/;
  await sendRemoval(aws, what, name).catch((error: unknown) => {
    if (!(error instanceof Error && gone.test(error.name))) throw error;
  });
}

async function sendRemoval(aws: Aws, what: string, name: string): Promise<unknown> {
  if (what === 'secret') {
    const { DeleteSecretCommand } = await import('@aws-sdk/client-secrets-manager');
    // A secret that waits for its deletion keeps its name, and the next tenant could not have it
    // (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html).
    const request = { SecretId: name, ForceDeleteWithoutRecovery: true };
    return await (await aws.secretsManager()).send(new DeleteSecretCommand(request));
  }
  if (what === 'log group') {
    const { DeleteLogGroupCommand } = await import('@aws-sdk/client-cloudwatch-logs');
    return await (await aws.logs()).send(new DeleteLogGroupCommand({ logGroupName: name }));
  }
  const { DeleteDBParameterGroupCommand } = await import('@aws-sdk/client-rds');
  return await (await aws.rds()).send(new DeleteDBParameterGroupCommand({ DBParameterGroupName: name }));
}

/** Deletes security groups as soon as nothing uses them. */
export async function removeGroups({ signal }: Runtime, aws: Aws, ids: readonly string[]): Promise<void> {
  const { DeleteSecurityGroupCommand } = await import('@aws-sdk/client-ec2');
  const client = await aws.ec2();
  for (const GroupId of ids) {
    await poll({
      what: `security group ${GroupId} to be free`,
      ...{ pace: aws.pace, limitMs, signal },
      check: async () => {
        try {
          await client.send(new DeleteSecurityGroupCommand({ GroupId }));
          return true;
        } catch (error) {
          if (error instanceof Error && error.name === 'DependencyViolation') return undefined;
          if (error instanceof Error && error.name === 'InvalidGroup.NotFound') return true;
          throw error;
        }
      },
    });
  }
}
