import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';
import type { DatabaseConfig } from '../data/database.ts';

export interface DatabaseAlarmsProps {
  /** First part of the alarms' names. */
  readonly name: string;
  /** Identifier of the DB instance. */
  readonly database: string;
  readonly config: DatabaseConfig;
  /** ARN. */
  readonly topic: string;
}

/**
 * Alarms for a database: storage that runs out although RDS may raise it, a busy processor, connections that run out. They
 * are in the host stack, where they may be lost; resources of the data stack outlive it under their names.
 */
export class DatabaseAlarms extends Construct {
  constructor(scope: Construct, id: string, { name, database, config, topic }: DatabaseAlarmsProps) {
    super(scope, id);
    const shared = {
      namespace: 'AWS/RDS',
      dimensions: [{ name: 'DBInstanceIdentifier', value: database }],
      period: 300,
      evaluationPeriods: 6,
      treatMissingData: 'notBreaching',
      alarmActions: [topic],
      okActions: [topic],
    };
    new CfnAlarm(this, 'Storage', {
      ...shared,
      alarmName: names.hostAlarm(name, 'database-storage'),
      alarmDescription:
        'Less than a tenth of the storage is free for half an hour: raise storage_gib or max_storage_gib',
      metricName: 'FreeStorageSpace',
      statistic: 'Maximum',
      comparisonOperator: 'LessThanThreshold',
      threshold: (config.storage_gib * 1024 ** 3) / 10,
    });
    new CfnAlarm(this, 'Processor', {
      ...shared,
      alarmName: names.hostAlarm(name, 'database-cpu'),
      alarmDescription: 'The processor of the database is busy for half an hour',
      metricName: 'CPUUtilization',
      statistic: 'Average',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 90,
    });
    const most = mostConnections(config.class);
    if (most === undefined) return;
    new CfnAlarm(this, 'Connections', {
      ...shared,
      evaluationPeriods: 2,
      alarmName: names.hostAlarm(name, 'database-connections'),
      alarmDescription: 'Most of the connections that the memory of the database allows are taken',
      metricName: 'DatabaseConnections',
      statistic: 'Maximum',
      comparisonOperator: 'GreaterThanThreshold',
      threshold: Math.floor(most * 0.6),
    });
  }
}

/** GiB of memory by size, below those that are multiples of xlarge. */
const small: Readonly<Record<string, number>> = { micro: 1, small: 2, medium: 4, large: 8 };

/**
 * RDS allows a connection for each 12,582,880 bytes of memory, less what RDS itself needs
 * (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections); `undefined` for a class whose
 * memory its name does not say.
 */
function mostConnections(databaseClass: string): number | undefined {
  const [, family = '', size = ''] = databaseClass.split('.');
  const times = /^(\d*)xlarge$/.exec(size);
  const gib = times === null ? small[size] : 16 * Number(times[1] || '1');
  if (gib === undefined || !/^[mrt]\d/.test(family)) return undefined;
  // Classes that are memory-optimized have twice as much.
  return Math.floor(((family.startsWith('r') ? 2 : 1) * gib * 1024 ** 3) / 12_582_880);
}
