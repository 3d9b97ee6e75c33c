import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { branchTrust, type GitlabProject } from '../../gitlab-trust.ts';
import type { ListedPolicy, Right, Trust } from '../../role.ts';
import { auditRights } from './audit-rights.ts';
import { tenantRole } from './tenant-role.ts';
import type { Scope } from './tenant-scope.ts';

/**
 * The role of people who approve the tenant's releases; no role of the tenant's jobs may. It trusts users of the account who may assume
 * it and have signed in with MFA: IAM users, and whom they name. IAM sees no MFA in sessions of people who sign in through IAM Identity Center;
 * they get this role's permissions in a permission set instead.
 */
export function approverRole(parent: Construct, scope: Scope, policies: readonly ListedPolicy[]): CfnRole {
  return tenantRole(parent, {
    scope,
    role: 'approver',
    description: `People who approve releases of ${scope.host}`,
    trust: peopleOf(scope),
    attached: policies,
    rights: [],
  });
}

export interface ApproverJobProps {
  readonly scope: Scope;
  /** Project whose jobs approve; not the tenant's. */
  readonly project: GitlabProject;
  readonly branch: string;
  /** With `tenantReadRights` and `approvalRights`. */
  readonly policies: readonly ListedPolicy[];
}

/**
 * The role of jobs that approve: those of one branch of the approvals project. IAM cannot distinguish jobs of one project and branch, so
 * only a separate project with other members separates approvers from releasers.
 */
export function approverJobRole(parent: Construct, { scope, project, branch, policies }: ApproverJobProps): CfnRole {
  return tenantRole(parent, {
    scope,
    role: 'approver-job',
    description: `Jobs of ${project.path} on ${branch} that approve releases of ${scope.host}`,
    trust: branchTrust(scope, project, branch),
    attached: policies,
    rights: [],
  });
}

/** An approver's permissions other than reads. */
export function approvalRights(scope: Scope): Right[] {
  const pipeline = scope.arn('codepipeline', scope.host);
  return [
    // The response contains the token that an approval needs.
    { sid: 'SeeApproval', actions: ['codepipeline:GetPipelineState'], resources: [pipeline] },
    {
      sid: 'Approve',
      actions: ['codepipeline:PutApprovalResult'],
      resources: [`${pipeline}/*`],
      because: "Any stage and action of the tenant's pipeline.",
    },
    ...auditRights(scope),
    {
      // To write the record of the answer; what it reads, it decrypts with the permissions of all jobs.
      sid: 'Encrypt',
      actions: ['kms:GenerateDataKey'],
      resources: [scope.facts['key-arn']],
      when: scope.via('s3'),
    },
  ];
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html */
function peopleOf(scope: Scope): Trust {
  return {
    principal: { AWS: scope.globalArn('iam', 'root') },
    action: 'sts:AssumeRole',
    when: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
  };
}
