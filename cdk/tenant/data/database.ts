import { type CfnResource, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnDBInstance, type CfnDBInstanceProps, CfnDBParameterGroup } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { databaseLogs, mysqlVersion, names, type Place } from '../../../scripts/config/names.ts';
import {
  applyChanges,
  autoscaledStorage,
  maintenanceWindow,
  type VendhostConfig,
} from '../../../scripts/config/vendhost.ts';
import type { DatabaseSecret } from './secret.ts';

export type DatabaseConfig = Exclude<VendhostConfig['database'], 'none'>;

export interface DatabaseProps {
  readonly place: Place;
  readonly vpcId: string;
  readonly subnetGroup: string;
  readonly keyArn: string;
  readonly config: DatabaseConfig;
  /** Storage that the tenant is granted, in GiB. */
  readonly grantedStorage: number;
  readonly secret: DatabaseSecret;
}

/**
 * A MySQL database in the platform's isolated subnets: encrypted, TLS only, with backups and deletion protection. In production it has a
 * standby in a second zone and a month of backups, elsewhere a week of backups and no standby. Nothing can connect until
 * the host stack adds its instances to the security group.
 */
export class Database extends Construct {
  readonly instance: CfnDBInstance;
  readonly securityGroupId: string;
  /** The secret that has the administrator's present password. */
  readonly secretArn: string;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    const { config, secret } = props;
    const production = props.place.environment === 'production';
    const name = names.host(props.place);
    // CloudFormation's updates ignore storage that RDS has raised (https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds/pull/598).
    const maxStorage = autoscaledStorage(config, props.grantedStorage);

    const securityGroup = new CfnSecurityGroup(this, 'SecurityGroup', {
      groupDescription: `Database of ${name}`,
      vpcId: props.vpcId,
      // With an empty list the default rule, which allows all egress, would stay; this one allows none.
      securityGroupEgress: [
        { ipProtocol: 'icmp', fromPort: 252, toPort: 86, cidrIp: '255.255.255.255/32', description: 'Nothing' },
      ],
    });
    const parameters = new CfnDBParameterGroup(this, 'Parameters', {
      dbParameterGroupName: names.databaseParameters(props.place),
      description: `MySQL settings of ${name}`,
      family: `mysql${mysqlVersion}`,
      parameters: { require_secure_transport: '1', slow_query_log: '1', long_query_time: '1', log_output: 'FILE' },
    });
    const logGroups = names.databaseLogs(props.place).map(
      (logGroupName, index) =>
        new CfnLogGroup(this, `${databaseLogs[index]}Log`, {
          logGroupName,
          // Slow statements contain the values they search for.
          kmsKeyId: props.keyArn,
          retentionInDays: 90,
        }),
    );
    this.instance = new CfnDBInstance(this, 'Instance', {
      dbInstanceIdentifier: name,
      engine: 'mysql',
      engineVersion: mysqlVersion,
      dbInstanceClass: config.class,
      allocatedStorage: String(config.storage_gib),
      ...(maxStorage === undefined ? {} : { maxAllocatedStorage: maxStorage }),
      storageType: 'gp3',
      storageEncrypted: true,
      kmsKeyId: props.keyArn,
      dbName: config.name,
      masterUsername: secret.resolve('username'),
      ...password(props),
      dbSubnetGroupName: props.subnetGroup,
      dbParameterGroupName: parameters.ref,
      vpcSecurityGroups: [securityGroup.attrGroupId],
      publiclyAccessible: false,
      multiAz: production,
      backupRetentionPeriod: production ? 30 : 7,
      deleteAutomatedBackups: false,
      preferredBackupWindow: '01:00-02:00',
      preferredMaintenanceWindow: maintenanceWindow.rds,
      applyImmediately: applyChanges(config, props.place.environment) === 'now',
      copyTagsToSnapshot: true,
      autoMinorVersionUpgrade: true,
      allowMajorVersionUpgrade: false,
      deletionProtection: true,
      enableCloudwatchLogsExports: [...databaseLogs],
    });
    // RDS would create the log groups itself, without a retention.
    for (const group of logGroups) this.instance.addResourceDependency(group);
    for (const resource of [securityGroup, parameters, this.instance, ...logGroups]) retain(resource);
    this.securityGroupId = securityGroup.attrGroupId;
    this.secretArn = config.rotation === 'weekly' ? this.instance.attrMasterUserSecretSecretArn : secret.arn;

    Validations.of(this.instance).acknowledge({
      id: 'CloudFormation-Validate::E9006',
      reason:
        'A version without the last number is valid: RDS chooses the newest of the release and keeps it up to date.',
    });
    Validations.of(this.instance).acknowledge({
      id: 'AwsSolutions-RDS11',
      reason: "Only one tenant's instances can reach the port, and they know it; another port would protect nothing.",
    });
    if (!production) {
      Validations.of(this.instance).acknowledge({
        id: 'AwsSolutions-RDS3',
        reason: 'A standby doubles the price; outside production it is acceptable to wait until a failed zone is back.',
      });
    }
  }
}

/**
 * The administrator's password: generated with our secret, or by RDS in its own secret, `rds!db-…`, which it rotates every seven
 * days (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html). Our secret stays in that case, and has the
 * administrator's name: another name, or another expression for it, would replace the database.
 */
function password({ config, secret, keyArn }: DatabaseProps): Partial<CfnDBInstanceProps> {
  if (config.rotation === 'none') return { masterUserPassword: secret.resolve('password') };
  return { manageMasterUserPassword: true, masterUserSecret: { kmsKeyId: keyArn } };
}

/**
 * Everything a retained database uses must be retained too: CloudFormation cannot delete a resource in use. A creation that fails
 * leaves nothing behind, so that it can be retried under the same names
 * (`RetainExceptOnCreate`, https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html);
 * only an existing database stays, because of its deletion protection, and a person decides about it.
 */
function retain(resource: CfnResource): void {
  resource.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
}
