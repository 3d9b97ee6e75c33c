import type { Right } from '../../../role.ts';
import type { PlatformScope } from '../platform-scope.ts';

/**
 * The roles with which AWS services write logs. They can be created and changed only under the service boundary, so
 * they can only write logs, whatever policy a pipeline gives them.
 */
export function serviceRoleRights(scope: PlatformScope): Right[] {
  const resources = scope.serviceRoles();
  const because = 'The roles of the flow logs and the trail; CloudFormation names them after their stack.';
  return [
    {
      sid: 'MakeServiceRoles',
      actions: ['iam:CreateRole', 'iam:DeleteRolePolicy', 'iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy'],
      resources,
      when: { StringEquals: { 'iam:PermissionsBoundary': scope.serviceBoundaryArn() } },
      because,
    },
    {
      sid: 'KeepServiceRoles',
      actions: [
        'iam:DeleteRole',
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListRolePolicies',
        'iam:ListRoleTags',
        'iam:TagRole',
        'iam:UntagRole',
        'iam:UpdateAssumeRolePolicy',
        'iam:UpdateRole',
        'iam:UpdateRoleDescription',
      ],
      resources,
      because,
    },
    {
      sid: 'PassServiceRoles',
      actions: ['iam:PassRole'],
      resources,
      when: {
        StringEquals: { 'iam:PassedToService': ['cloudtrail.amazonaws.com', 'vpc-flow-logs.amazonaws.com'] },
      },
      because,
    },
  ];
}
