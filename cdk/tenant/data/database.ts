import { type CfnResource, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnDBInstance, CfnDBParameterGroup, CfnDBSubnetGroup } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { names, type Place } from '../../../scripts/config/names.ts';
import type { VendhostConfig } from '../../../scripts/config/vendhost.ts';
import type { DatabaseSecret } from './secret.ts';

export type DatabaseConfig = Exclude<VendhostConfig['database'], 'none'>;

export interface DatabaseProps {
  readonly place: Place;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly keyArn: string;
  readonly config: DatabaseConfig;
  readonly secret: DatabaseSecret;
}

/** The living MySQL release with long-term support (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MySQL.Concepts.VersionMgmt.html). */
const version = '8.4';

/**
 * A MySQL database in private subnets: encrypted, TLS only, backed up, protected against deletion. A standby in a second
 * zone and a month of backups in production, neither elsewhere. Nothing may connect until the host stack admits its
 * instances to the security group.
 */
export class Database extends Construct {
  readonly instance: CfnDBInstance;
  readonly securityGroupId: string;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    const { config, secret } = props;
    const production = props.place.environment === 'production';
    const name = names.host(props.place);

    const securityGroup = new CfnSecurityGroup(this, 'SecurityGroup', {
      groupDescription: `Database of ${name}`,
      vpcId: props.vpcId,
      // An empty list would leave the rule that lets everything out; this one lets nothing out.
      securityGroupEgress: [
        { ipProtocol: 'icmp', fromPort: 252, toPort: 86, cidrIp: '255.255.255.255/32', description: 'Nothing' },
      ],
    });
    const stack = names.tenantStack(props.place, 'data');
    const subnets = new CfnDBSubnetGroup(this, 'Subnets', {
      dbSubnetGroupName: `${stack}-subnets`,
      dbSubnetGroupDescription: `Isolated subnets for ${name}`,
      subnetIds: [...props.subnetIds],
    });
    const parameters = new CfnDBParameterGroup(this, 'Parameters', {
      // Another release needs another group, beside this one until the database has moved.
      dbParameterGroupName: `${stack}-mysql${version.replace('.', '')}`,
      description: `MySQL settings of ${name}`,
      family: `mysql${version}`,
      parameters: { require_secure_transport: '1', slow_query_log: '1', long_query_time: '1', log_output: 'FILE' },
    });
    const logs = ['error', 'slowquery'];
    const logGroups = logs.map(
      (log) =>
        new CfnLogGroup(this, `${log}Log`, {
          logGroupName: `/aws/rds/instance/${name}/${log}`,
          // Slow statements hold what they look for.
          kmsKeyId: props.keyArn,
          retentionInDays: 90,
        }),
    );
    this.instance = new CfnDBInstance(this, 'Instance', {
      dbInstanceIdentifier: name,
      engine: 'mysql',
      engineVersion: version,
      dbInstanceClass: config.class,
      allocatedStorage: String(config.storage_gib),
      storageType: 'gp3',
      storageEncrypted: true,
      kmsKeyId: props.keyArn,
      dbName: config.name,
      masterUsername: secret.resolve('username'),
      masterUserPassword: secret.resolve('password'),
      dbSubnetGroupName: subnets.ref,
      dbParameterGroupName: parameters.ref,
      vpcSecurityGroups: [securityGroup.attrGroupId],
      publiclyAccessible: false,
      multiAz: production,
      backupRetentionPeriod: production ? 30 : 7,
      deleteAutomatedBackups: false,
      preferredBackupWindow: '01:00-02:00',
      preferredMaintenanceWindow: 'sun:02:30-sun:03:30',
      copyTagsToSnapshot: true,
      autoMinorVersionUpgrade: true,
      allowMajorVersionUpgrade: false,
      deletionProtection: true,
      enableCloudwatchLogsExports: logs,
    });
    // RDS would make the log groups itself, to be kept for ever.
    for (const group of logGroups) this.instance.addResourceDependency(group);
    for (const resource of [securityGroup, subnets, parameters, this.instance, ...logGroups]) retain(resource);
    this.securityGroupId = securityGroup.attrGroupId;

    Validations.of(this.instance).acknowledge({
      id: 'CloudFormation-Validate::E9006',
      reason: 'A release without its last number is right: RDS chooses the newest and goes on upgrading within it.',
    });
    Validations.of(this.instance).acknowledge({
      id: 'AwsSolutions-RDS11',
      reason: 'The port is open to the instances of one tenant only; another port would hide nothing from them.',
    });
    if (!production) {
      Validations.of(this.instance).acknowledge({
        id: 'AwsSolutions-RDS3',
        reason: 'A standby doubles the price; outside production an outage of a zone is waited for.',
      });
    }
  }
}

/** What a retained database uses must be retained with it, or the stack's deletion fails on it. */
function retain(resource: CfnResource): void {
  resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
}
