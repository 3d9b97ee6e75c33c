import type { Fault } from '../../config/issues.ts';
import { maintenanceWindow } from '../../config/vendhost.ts';
import type { Template } from '../../stack/assembly.ts';

/** A property of the database that a deploy changes. */
export interface DatabaseChange {
  readonly setting: string;
  readonly from: string;
  readonly to: string;
  /** The database is not available for minutes; with a standby for one or two. */
  readonly restarts: boolean;
}

/**
 * What RDS changes at once or in the maintenance window, as the request says; anything else it changes at once
 * (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html).
 */
const settings: Readonly<Record<string, { readonly name: string; readonly restarts: boolean }>> = {
  AllocatedStorage: { name: 'storage in GiB', restarts: false },
  BackupRetentionPeriod: { name: 'days of backups', restarts: false },
  DBInstanceClass: { name: 'class', restarts: true },
  EngineVersion: { name: 'MySQL', restarts: true },
  MultiAZ: { name: 'standby', restarts: false },
};

/** Set if RDS keeps and rotates the password; RDS then sets another one at once, whatever the request says. */
const rotation = 'ManageMasterUserPassword';

/** Properties of the one database in a template of the data stack; none without a template. */
function databaseOf(template: Template | undefined): Properties | undefined {
  const all = Object.values(template?.Resources ?? {});
  return all.find(({ Type }) => Type === 'AWS::RDS::DBInstance')?.Properties as Properties | undefined;
}

/** The changes between the deployed template of the data stack and the wanted one; none where a database is created. */
export function databaseChanges(deployed: Template | undefined, wanted: Template | undefined): DatabaseChange[] {
  const [before, after] = [databaseOf(deployed), databaseOf(wanted)];
  if (before === undefined || after === undefined) return [];
  const changed = settingChanges(before, after);
  return (before[rotation] === true) === (after[rotation] === true)
    ? changed
    : [...changed, { setting: passwordRotation, from: word(before), to: word(after), restarts: false }];
}

/** The name of a change of the rotation. */
const passwordRotation = 'rotation of the password';

type Properties = Readonly<Record<string, unknown>>;

function word(properties: Properties): string {
  return properties[rotation] === true ? 'weekly' : 'none';
}

function settingChanges(before: Properties, after: Properties): DatabaseChange[] {
  return Object.entries(settings).flatMap(([property, { name, restarts }]) => {
    const [from, to] = [String(before[property]), String(after[property])];
    return from === to ? [] : [{ setting: name, from, to, restarts }];
  });
}

/** One line for each change: what it is, whether it interrupts the database, and when. */
export function databaseLines(changes: readonly DatabaseChange[], apply: 'now' | 'window'): string[] {
  const when = apply === 'now' ? 'at once' : `in the maintenance window, ${maintenanceWindow.words}`;
  return changes.map(({ setting, from, to, restarts }) =>
    setting === passwordRotation
      ? `database: ${setting} ${from} → ${to}, at once: the password changes, and new connections fail until the instances are replaced`
      : `database: ${setting} ${from} → ${to}, ${when}${restarts ? ', which restarts the database' : ''}`,
  );
}

/**
 * What RDS would refuse in the middle of a deploy, where CloudFormation could not roll back: storage only grows, by a tenth at least
 * (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.ModifyingExisting.html,
 * https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1312).
 *
 * @param allocated GiB that the database has; storage autoscaling may have raised it
 */
export function storageFault(file: string, changes: readonly DatabaseChange[], allocated: number): Fault | undefined {
  const change = changes.find(({ setting }) => setting === settings.AllocatedStorage?.name);
  if (change === undefined) return undefined;
  const wanted = Number(change.to);
  const least = Math.ceil((allocated * 11) / 10);
  // CloudFormation ignores storage that RDS has raised above the template's value.
  if (wanted === allocated || wanted >= least) return undefined;
  const grown = allocated === Number(change.from) ? '' : ', to which RDS has raised it';
  const allowed = `${allocated}, what the database has${grown}, or at least ${least}: storage grows only, and by a tenth at least`;
  return { file, path: 'database.storage_gib', message: `${wanted} is wrong: must be ${allowed}` };
}
