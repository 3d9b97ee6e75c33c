import { names } from '../../../../scripts/config/names.ts';
import type { Right } from '../../../role.ts';
import type { Scope } from '../tenant-scope.ts';

/** The database, its secret and its log groups. */
export function dataRights(scope: Scope): Right[] {
  return [
    ...databaseRights(scope),
    {
      sid: 'Secret',
      actions: [
        'secretsmanager:CreateSecret',
        'secretsmanager:DeleteSecret',
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:TagResource',
        'secretsmanager:UntagResource',
        'secretsmanager:UpdateSecret',
      ],
      resources: [scope.arn('secretsmanager', `secret:${names.databaseSecret(scope.place)}-*`)],
      because: "The tenant's own secret; AWS appends six characters to its name when it is created.",
    },
    {
      // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-permissions
      sid: 'RotatedSecret',
      actions: ['secretsmanager:CreateSecret', 'secretsmanager:TagResource'],
      resources: [scope.rotatedSecrets],
      when: scope.ofOwnDatabase('StringEqualsIfExists'),
      because:
        'RDS makes its secret with the rights of whoever asks for one; it chooses the name, and then tags it with the database.',
    },
    {
      sid: 'Logs',
      actions: [
        'logs:AssociateKmsKey',
        'logs:CreateLogGroup',
        'logs:DeleteLogGroup',
        'logs:DisassociateKmsKey',
        'logs:GetDataProtectionPolicy',
        'logs:ListTagsForResource',
        'logs:PutRetentionPolicy',
        'logs:TagResource',
        'logs:UntagResource',
      ],
      resources: [scope.arn('logs', `log-group:/aws/rds/instance/${scope.host}/*`)],
      because: "Log groups of the tenant's own database.",
    },
  ];
}

/**
 * No action deletes a database: the data stack retains it, and only people delete data. Resources that a failed first creation made
 * earlier are deleted; RDS refuses to delete groups that a database uses. A database names only the
 * platform's subnet group, whose subnets have no route to the internet: IAM has no key for the subnets of a group, for public access in a
 * change, for the database's security groups, or for the limit of storage autoscaling
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html).
 */
function databaseRights(scope: Scope): Right[] {
  const stack = names.tenantStack(scope.place, 'data').toLowerCase();
  const database = [scope.arn('rds', `db:${scope.host}`)];
  const groups = [`pg:${stack}-*`, 'og:default:*'].map((each) => scope.arn('rds', each));
  return [
    ...limitedRights(scope, database),
    {
      sid: 'Database',
      actions: [
        'rds:AddTagsToResource',
        'rds:ListTagsForResource',
        'rds:RebootDBInstance',
        'rds:RemoveTagsFromResource',
      ],
      resources: [...database, ...groups],
      because: "The tenant's own database; the name of its parameter group begins with the stack's.",
    },
    {
      sid: 'DatabaseGroups',
      actions: [
        'rds:CreateDBInstance',
        'rds:CreateDBParameterGroup',
        'rds:DeleteDBParameterGroup',
        'rds:ModifyDBInstance',
        'rds:ModifyDBParameterGroup',
        'rds:ResetDBParameterGroup',
      ],
      resources: groups,
      because: "The name of the database's parameter group begins with the stack's.",
    },
    {
      sid: 'DatabaseSubnets',
      actions: ['rds:CreateDBInstance', 'rds:ModifyDBInstance'],
      resources: [scope.arn('rds', `subgrp:${scope.facts['database-subnet-group']}`)],
    },
  ];
}

/** What gp3 includes for MySQL, by size (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage). */
const includedIops = (gib: number) => (gib < 400 ? 3000 : 12_000);

/** A database within the tenant's limits; none if no class is granted. */
function limitedRights({ limits }: Scope, resources: string[]): Right[] {
  if (limits.database_classes.length === 0) return [];
  return [
    {
      sid: 'LimitedDatabase',
      actions: ['rds:CreateDBInstance', 'rds:ModifyDBInstance'],
      resources,
      // A change has only the keys of what changes.
      when: {
        StringEqualsIfExists: { 'rds:DatabaseClass': limits.database_classes, 'rds:DatabaseEngine': 'mysql' },
        NumericLessThanEqualsIfExists: {
          'rds:Piops': String(includedIops(limits.max_storage_gib)),
          'rds:StorageSize': String(limits.max_storage_gib),
        },
        BoolIfExists: { 'rds:StorageEncrypted': 'true' },
      },
    },
    // Even if the request omits it: RDS's choice then depends on the subnets.
    ...denied('PlainDatabase', resources, { 'rds:StorageEncrypted': 'false' }),
    ...denied('PublicDatabase', resources, { 'rds:PubliclyAccessible': 'true' }),
  ];
}

/** Refuses a new database with this, and one that omits it. */
function denied(sid: string, resources: string[], wrong: Readonly<Record<string, string>>): Right[] {
  const [key = ''] = Object.keys(wrong);
  const refused = { deny: true, actions: ['rds:CreateDBInstance'], resources } as const;
  return [
    { sid, ...refused, when: { Bool: wrong } },
    { sid: `${sid}Unsaid`, ...refused, when: { Null: { [key]: 'true' } } },
  ];
}
