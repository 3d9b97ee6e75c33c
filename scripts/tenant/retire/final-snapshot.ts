import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import { names, type Place, tags } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { finalSnapshot, type StandingDatabase } from './retire-plan.ts';

/** A large database takes hours to copy; the next run keeps waiting. */
const limitMs = 60 * 60_000;

/** The tenant's database with the state of its final snapshot; `undefined` when there is no database. */
export async function readStandingDatabase(aws: Aws, place: Place): Promise<StandingDatabase | undefined> {
  const { DescribeDBInstancesCommand } = await import('@aws-sdk/client-rds');
  const name = names.host(place);
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: name });
  const { DBInstances = [] } = await (await aws.rds()).send(command).catch(none({ DBInstances: [] }));
  const [found] = DBInstances;
  if (found === undefined) return undefined;
  const { DBInstanceStatus: status = '', DbiResourceId: resourceId = '' } = found;
  return { name, status, resourceId, snapshot: await snapshotState(aws, finalSnapshot(place, resourceId)) };
}

/**
 * Takes the final snapshot, or follows the one that an earlier run began, until it is available. RDS encrypts it with the key of the
 * database. Throws `SNAPSHOT_FAILED`: the database stays.
 */
export async function takeSnapshot(
  runtime: Runtime,
  aws: Aws,
  place: Place,
  { database, snapshot }: { database: string; snapshot: string },
): Promise<void> {
  const { CreateDBSnapshotCommand } = await import('@aws-sdk/client-rds');
  if ((await snapshotState(aws, snapshot)) === undefined) {
    const Tags = Object.entries(tags(place.environment, 'data', place.tenant)).map(([Key, Value]) => ({ Key, Value }));
    const command = new CreateDBSnapshotCommand({
      ...{ DBInstanceIdentifier: database, DBSnapshotIdentifier: snapshot, Tags },
    });
    // An answer that was lost, or another run: it is followed below.
    await (await aws.rds()).send(command).catch((error: unknown) => {
      if (!(error instanceof Error && /^DBSnapshotAlreadyExists/.test(error.name))) throw error;
    });
  }
  const end = await poll({
    what: `the snapshot ${snapshot} to be available`,
    ...{ pace: aws.pace, limitMs, signal: runtime.signal },
    check: async () => {
      const state = await snapshotState(aws, snapshot);
      return state === 'creating' ? undefined : (state ?? 'gone');
    },
  });
  if (end === 'available') return;
  throw new VendhostError('SNAPSHOT_FAILED', `the final snapshot ${snapshot} is ${end}; the database stays`, {
    hint: `look at the events of ${database} in RDS; delete the snapshot if it failed, then run the command again`,
  });
}

/**
 * Deletes the database and waits until it is gone. Its automated backups go with it. Throws `SNAPSHOT_FAILED` when its final snapshot is not
 * there: nothing is deleted then.
 */
export async function removeDatabase(
  runtime: Runtime,
  aws: Aws,
  place: Place,
  { database, snapshot }: { database: string; snapshot: string },
): Promise<void> {
  const sdk = await import('@aws-sdk/client-rds');
  const rds = await aws.rds();
  const found = await readStandingDatabase(aws, place);
  if (found === undefined) return;
  if (found.status !== 'deleting') {
    if (finalSnapshot(place, found.resourceId) !== snapshot || found.snapshot !== 'available') {
      throw new VendhostError('SNAPSHOT_FAILED', `${database} has no final snapshot ${snapshot}; the database stays`, {
        hint: 'run the command again: it takes the snapshot first',
      });
    }
    const id = { DBInstanceIdentifier: database };
    await rds.send(new sdk.ModifyDBInstanceCommand({ ...id, DeletionProtection: false, ApplyImmediately: true }));
    const deletion = { ...id, SkipFinalSnapshot: true, DeleteAutomatedBackups: true };
    await rds.send(new sdk.DeleteDBInstanceCommand(deletion)).catch(none(undefined));
  }
  await poll({
    what: `database ${database} to be deleted`,
    ...{ pace: aws.pace, limitMs, signal: runtime.signal },
    check: async () => ((await readStandingDatabase(aws, place)) === undefined ? true : undefined),
  });
}

async function snapshotState(aws: Aws, name: string): Promise<string | undefined> {
  const { DescribeDBSnapshotsCommand } = await import('@aws-sdk/client-rds');
  const command = new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: name });
  const { DBSnapshots = [] } = await (await aws.rds()).send(command).catch(none({ DBSnapshots: [] }));
  return DBSnapshots[0]?.Status;
}

/** RDS's errors have `Fault` at the end of their names in some places, and not in others. */
function none<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && /^DB(Instance|Snapshot)NotFound/.test(error.name)) return value;
    throw error;
  };
}
