import { names } from '../../../../scripts/config/names.ts';
import type { Right } from '../../../role.ts';
import type { Scope } from '../tenant-scope.ts';

/** The database, its secret and its logs. */
export function dataRights(scope: Scope): Right[] {
  const stack = names.tenantStack(scope.place, 'data').toLowerCase();
  return [
    {
      sid: 'Database',
      // None deletes: the data stack retains all it has, and only people delete data.
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
      because: "The tenant's own database; CloudFormation names its groups after the stack.",
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
      because: "The tenant's own secret; the six characters behind its name are not known before it is made.",
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
      because: "Logs of the tenant's own database.",
    },
  ];
}
