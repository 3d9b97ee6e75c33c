import { names } from '../../../../scripts/config/names.ts';
import type { Right } from '../../../role.ts';
import type { Scope } from '../tenant-scope.ts';

/** The database, its secret and its log groups. */
export function dataRights(scope: Scope): Right[] {
  const stack = names.tenantStack(scope.place, 'data').toLowerCase();
  return [
    {
      sid: 'Database',
      // No action deletes: the data stack retains its resources, and only people delete data.
      actions: [
        'rds:AddTagsToResource',
        'rds:CreateDBInstance',
        'rds:CreateDBParameterGroup',
        'rds:CreateDBSubnetGroup',
        'rds:ListTagsForResource',
        'rds:ModifyDBInstance',
        'rds:ModifyDBParameterGroup',
        'rds:ModifyDBSubnetGroup',
        'rds:RebootDBInstance',
        'rds:RemoveTagsFromResource',
        'rds:ResetDBParameterGroup',
      ],
      resources: [`db:${scope.host}`, `pg:${stack}-*`, `subgrp:${stack}-*`, 'og:default:*'].map((each) =>
        scope.arn('rds', each),
      ),
      because: "The tenant's own database; the names of its parameter and subnet group begin with the stack's.",
    },
    {
      sid: 'Secret',
      actions: [
        'secretsmanager:CreateSecret',
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
      sid: 'Logs',
      actions: [
        'logs:AssociateKmsKey',
        'logs:CreateLogGroup',
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
