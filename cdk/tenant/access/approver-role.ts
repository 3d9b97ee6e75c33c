import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Trust } from '../../role.ts';
import { auditObjects, auditRights } from './audit-rights.ts';
import { tenantRole } from './tenant-role.ts';
import type { Scope } from './tenant-scope.ts';

/**
 * The role of people who approve the tenant's releases; no role of the tenant's jobs may. Anybody of the account who may assume
 * it and has signed in with MFA: users of IAM, and whom they name. People who sign in by IAM Identity Center have no MFA in
 * their session that IAM sees; they get this role's rights in a permission set instead.
 */
export function approverRole(parent: Construct, scope: Scope): CfnRole {
  const pipeline = scope.arn('codepipeline', scope.host);
  return tenantRole(parent, {
    scope,
    role: 'approver',
    description: `People who approve releases of ${scope.host}`,
    trust: peopleOf(scope),
    rights: [
      {
        sid: 'Look',
        actions: [
          'codepipeline:GetPipeline',
          'codepipeline:GetPipelineExecution',
          'codepipeline:GetPipelineState',
          'codepipeline:ListActionExecutions',
          'codepipeline:ListPipelineExecutions',
        ],
        resources: [pipeline],
      },
      {
        sid: 'Approve',
        actions: ['codepipeline:PutApprovalResult'],
        resources: [`${pipeline}/*`],
        because: "Any stage and action of the tenant's pipeline.",
      },
      ...auditRights(scope),
      {
        sid: 'ReadAudit',
        actions: ['s3:GetObject'],
        resources: auditObjects(scope),
        because: "The tenant's own records: whether a write whose answer was lost is there.",
      },
      {
        sid: 'Key',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [scope.facts['key-arn']],
        when: scope.via('s3'),
      },
    ],
  });
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html */
function peopleOf(scope: Scope): Trust {
  return {
    principal: { AWS: scope.globalArn('iam', 'root') },
    action: 'sts:AssumeRole',
    when: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
  };
}
