import type { Aws } from '../aws/session.ts';
import { names, type Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';

/** A resource with a name that the data stack will use. */
export interface KeptResource {
  readonly what: string;
  readonly name: string;
  /** The command with which an administrator deletes it. */
  readonly remove: string;
}

/**
 * Before a data stack is created: throws `DATA_KEPT` when resources with its names exist. They outlived an earlier stack, which
 * retains them, and CloudFormation adopts no resource when it creates a stack.
 */
export async function checkKeptData(aws: Aws, place: Place): Promise<void> {
  const kept = await readKeptData(aws, place);
  if (kept.length > 0) throw dataKept(place, kept);
}

/** Each resource, and what to do about it. */
export function dataKept(place: Place, kept: readonly KeptResource[]): VendhostError {
  const stack = names.tenantStack(place, 'data');
  return new VendhostError('DATA_KEPT', `cannot create ${stack}: ${kept.length} resources with its names exist`, {
    details: kept.map(({ what, name, remove }) => `${what} ${name}; to delete it: ${remove}`),
    hint:
      'ask the platform team: an administrator imports them into the stack to keep the data (runbook, "Data that outlived its ' +
      'stack"), or deletes them with the commands above, in this order; then retry',
  });
}

/** In the order in which they can be deleted. */
export async function readKeptData(aws: Aws, place: Place): Promise<KeptResource[]> {
  const looks = [instance(aws, place), ...groups(aws, place), secret(aws, place), ...logs(aws, place)];
  const found = await Promise.all(looks.map(async ({ exists, ...kept }) => ((await exists()) ? [kept] : [])));
  return found.flat();
}

interface Look extends KeptResource {
  readonly exists: () => Promise<boolean>;
}

function instance(aws: Aws, place: Place): Look {
  const name = names.host(place);
  const id = `--db-instance-identifier ${name}`;
  return {
    what: 'database',
    name,
    remove:
      `aws rds modify-db-instance ${id} --no-deletion-protection --apply-immediately, then ` +
      `aws rds delete-db-instance ${id} --final-db-snapshot-identifier ${name}-last, then ` +
      // Its parameter group cannot be deleted before.
      `aws rds wait db-instance-deleted ${id}`,
    exists: async () => {
      const { DescribeDBInstancesCommand } = await import('@aws-sdk/client-rds');
      const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: name });
      return await isThere((await aws.rds()).send(command));
    },
  };
}

function groups(aws: Aws, place: Place): Look[] {
  const parameters = names.databaseParameters(place);
  return [
    {
      what: 'parameter group',
      name: parameters,
      remove: `aws rds delete-db-parameter-group --db-parameter-group-name ${parameters}`,
      exists: async () => {
        const { DescribeDBParameterGroupsCommand } = await import('@aws-sdk/client-rds');
        const command = new DescribeDBParameterGroupsCommand({ DBParameterGroupName: parameters });
        return await isThere((await aws.rds()).send(command));
      },
    },
  ];
}

function secret(aws: Aws, place: Place): Look {
  const name = names.databaseSecret(place);
  return {
    what: 'secret',
    name,
    // A secret that waits for its deletion keeps its name.
    remove: `aws secretsmanager delete-secret --force-delete-without-recovery --secret-id ${name}`,
    exists: async () => {
      const { DescribeSecretCommand } = await import('@aws-sdk/client-secrets-manager');
      const look = (await aws.secretsManager()).send(new DescribeSecretCommand({ SecretId: name }));
      return await isThere(look, [unseen]);
    },
  };
}

function logs(aws: Aws, place: Place): Look[] {
  return names.databaseLogs(place).map((name) => ({
    what: 'log group',
    name,
    remove: `aws logs delete-log-group --log-group-name ${name}`,
    exists: async () => {
      const { ListTagsForResourceCommand } = await import('@aws-sdk/client-cloudwatch-logs');
      // DescribeLogGroups would need permission to see every log group of the account.
      const resourceArn = `arn:aws:logs:${aws.region}:${await aws.account()}:log-group:${name}`;
      return await isThere((await aws.logs()).send(new ListTagsForResourceCommand({ resourceArn })));
    },
  }));
}

async function isThere(look: Promise<unknown>, more: readonly string[] = []): Promise<boolean> {
  try {
    await look;
    return true;
  } catch (error) {
    if (error instanceof Error && (absent.has(error.name) || more.includes(error.name))) return false;
    throw error;
  }
}

/** For a missing secret Secrets Manager has no ARN, so only a permission on all secrets would distinguish it from a refusal. */
const unseen = 'AccessDeniedException';

const absent = new Set(['DBInstanceNotFoundFault', 'DBParameterGroupNotFoundFault', 'ResourceNotFoundException']);
