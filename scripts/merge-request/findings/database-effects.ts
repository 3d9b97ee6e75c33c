import { maintenanceWindow } from '../../config/vendhost.ts';
import type { PropertyChange } from '../../stack/details/property-changes.ts';

/** The side effect of a change of one property of a database. */
export interface DatabaseEffect {
  readonly gravity: 'interruption' | 'change';
  /** What happens, as the end of a sentence that begins with the property. */
  readonly says: string;
  readonly details: readonly string[];
}

/** When RDS makes the changes that it makes at once or in the maintenance window, as the request says (`ApplyImmediately`). */
export type ApplyTime = 'now' | 'window';

/**
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html says for each setting whether downtime occurs,
 * and whether the change can wait for the maintenance window.
 */
const settings = 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html';

const times: Readonly<Record<ApplyTime, string>> = {
  now: 'during the push',
  window: `not during the push, but in the maintenance window after it, ${maintenanceWindow.words}`,
};

/**
 * The effect of a change of an `AWS::RDS::DBInstance`; `undefined`: RDS makes it while the database serves. Only the database
 * itself shows whether storage can be changed at all.
 */
export function databaseEffect({ path, from, to }: PropertyChange, apply: ApplyTime): DatabaseEffect | undefined {
  switch (path) {
    case 'DBInstanceClass':
    case 'CACertificateIdentifier':
      return restart(apply);
    // RDS changes it at once, whatever the request says.
    case 'Port':
      return restart('now');
    case 'EngineVersion':
      return upgrade(apply);
    case 'StorageType':
      return [from, to].includes('standard')
        ? restart(apply)
        : slower('RDS moves the data while the database serves', apply);
    case 'AllocatedStorage':
      return slower('RDS enlarges it while the database serves; it can be changed again after six hours', apply);
    case 'MultiAZ':
      return slower('RDS makes or removes the standby while the database serves', apply);
    case 'DBParameterGroupName':
      return {
        gravity: 'interruption',
        says: 'settings of the new group take effect only when the database is restarted, which does not happen automatically',
        details: ['restart it at a time that suits: aws rds reboot-db-instance', settings],
      };
    case 'BackupRetentionPeriod':
      return from === '0' || to === '0' ? restart(apply) : undefined;
    case 'ApplyImmediately':
      return to === 'true' ? waiting : undefined;
    case 'ManageMasterUserPassword':
      return newPassword;
    case 'DeletionProtection':
      return to === 'false'
        ? { gravity: 'change', says: 'anyone who may delete databases can delete this one', details: [] }
        : undefined;
    default:
      return undefined;
  }
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.ApplyImmediately.html */
const waiting: DatabaseEffect = {
  gravity: 'change',
  says: 'with the next change RDS also applies what waits for the maintenance window, which may restart the database',
  details: ['https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.ApplyImmediately.html'],
};

/** Both ways: RDS makes the change at once (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html). */
const newPassword: DatabaseEffect = {
  gravity: 'interruption',
  says: 'the administrator gets a new password in another secret, during the push',
  details: [
    'users notice: open connections stay, new ones are refused until the instances are replaced, which comes next; the database is not replaced',
    'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html',
  ],
};

function restart(apply: ApplyTime): DatabaseEffect {
  return {
    gravity: 'interruption',
    says: `the database restarts with it, ${times[apply]}`,
    details: [
      'users notice: all connections break, and until the database is back, what needs it fails; with a standby (production) that is a failover',
      ...(apply === 'window' ? ['database.apply in vendhost.yml says when: now, or in the window'] : []),
      settings,
    ],
  };
}

function upgrade(apply: ApplyTime): DatabaseEffect {
  return {
    gravity: 'interruption',
    says: `the database is upgraded, ${times[apply]}, and does not answer meanwhile`,
    details: [
      ...restart(apply).details,
      'an upgrade to another major release cannot be undone but by restoring a backup',
    ],
  };
}

function slower(how: string, apply: ApplyTime): DatabaseEffect {
  const when = apply === 'window' ? `, ${times.window}` : '';
  return {
    gravity: 'change',
    says: `${how}${when}`,
    details: ['no downtime, but it may be slower meanwhile', settings],
  };
}
