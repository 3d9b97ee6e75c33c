import type { Aws } from '../../aws/session.ts';
import { configError } from '../../config/load.ts';
import { names, type Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import type { Assembly, Template } from '../../stack/assembly.ts';
import { readTemplate } from '../../stack/stack-plan.ts';
import { type DatabaseChange, databaseChanges, storageFault } from './database-changes.ts';

/**
 * Compares the database with the wanted one, before anything is deployed. Throws `CONFIG_INVALID` for storage that RDS would refuse,
 * `DATABASE_BUSY` while RDS still works on the last storage change.
 *
 * @param file `vendhost.yml`, as findings name it
 */
export async function checkDatabase(assembly: Assembly, place: Place, file: string): Promise<DatabaseChange[]> {
  const { aws, templates } = assembly;
  const stack = names.tenantStack(place, 'data');
  const deployed = (await readTemplate(aws, stack)) as Template | undefined;
  const changes = databaseChanges(deployed, templates.get(stack));
  if (!changes.some(({ setting }) => setting.startsWith('storage'))) return changes;
  const database = await readDatabase(aws, place);
  if (database === undefined) return changes;
  const fault = storageFault(file, changes, database.allocated);
  if (fault !== undefined) throw configError([fault]);
  // RDS accepts no other storage change meanwhile, for hours.
  if (!['storage-optimization', 'modifying'].includes(database.status)) return changes;
  throw new VendhostError(
    'DATABASE_BUSY',
    `${names.host(place)} is ${database.status}: its storage cannot change now`,
    {
      hint: 'retry the job once RDS says that the database is available, which may take six hours and more',
    },
  );
}

async function readDatabase(aws: Aws, place: Place): Promise<{ allocated: number; status: string } | undefined> {
  const { DBInstanceNotFoundFault, DescribeDBInstancesCommand } = await import('@aws-sdk/client-rds');
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: names.host(place) });
  const answer = await (await aws.rds()).send(command).catch((error: unknown) => {
    if (error instanceof DBInstanceNotFoundFault) return undefined;
    throw error;
  });
  const [found] = answer?.DBInstances ?? [];
  return found && { allocated: found.AllocatedStorage ?? 0, status: found.DBInstanceStatus ?? '' };
}
