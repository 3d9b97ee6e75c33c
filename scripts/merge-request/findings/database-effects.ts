import type { PropertyChange } from '../../stack/details/property-changes.ts';

/** What a change of one property of a database does besides being made. */
export interface DatabaseEffect {
  readonly gravity: 'interruption' | 'fault' | 'change';
  /** What happens, as the end of a sentence that begins with the property. */
  readonly says: string;
  readonly details: readonly string[];
}

/**
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html says of each setting whether downtime occurs.
 * CloudFormation has changes applied immediately, not in the maintenance window, unless `ApplyImmediately` is false
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html).
 */
const settings = 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html';

const restart: DatabaseEffect = {
  gravity: 'interruption',
  says: 'the database restarts with it, during the push',
  details: [
    'users notice: all connections break, and until the database is back, what needs it fails; with a standby (production) that is a failover',
    settings,
  ],
};

/** The effect of a change of an `AWS::RDS::DBInstance`; `undefined`: RDS makes it while the database serves. */
export function databaseEffect({ path, from, to }: PropertyChange): DatabaseEffect | undefined {
  switch (path) {
    case 'DBInstanceClass':
    case 'CACertificateIdentifier':
    case 'Port':
      return restart;
    case 'EngineVersion':
      return {
        ...restart,
        says: 'the database is upgraded, during the push, and does not answer meanwhile',
        details: [...restart.details, 'an upgrade to another major release cannot be undone but by restoring a backup'],
      };
    case 'StorageType':
      return [from, to].includes('standard') ? restart : slower('RDS moves the data while the database serves');
    case 'AllocatedStorage':
      return storage(Number(from), Number(to));
    case 'MultiAZ':
      return slower('RDS makes or removes the standby while the database serves');
    case 'DBParameterGroupName':
      return {
        gravity: 'interruption',
        says: 'settings of the new group take effect only when the database is restarted, which nothing does by itself',
        details: ['restart it at a time that suits: aws rds reboot-db-instance', settings],
      };
    case 'BackupRetentionPeriod':
      return from === '0' || to === '0' ? restart : undefined;
    case 'DeletionProtection':
      return to === 'false'
        ? { gravity: 'change', says: 'whoever may delete databases can delete this one', details: [] }
        : undefined;
    default:
      return undefined;
  }
}

function slower(how: string): DatabaseEffect {
  return { gravity: 'change', says: how, details: ['no downtime, but it may be slower meanwhile', settings] };
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.ModifyingExisting.html */
function storage(from: number, to: number): DatabaseEffect {
  if (to < from) {
    return {
      gravity: 'fault',
      says: 'RDS refuses it: storage cannot become smaller',
      details: ['https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.ModifyingExisting.html'],
    };
  }
  return slower('RDS enlarges it while the database serves; it can be changed again after six hours');
}
