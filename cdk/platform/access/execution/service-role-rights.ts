import type { Right } from '../../../role.ts';
import type { PlatformScope } from '../platform-scope.ts';

/** The service roles that write logs: made and changed only under the services' boundary: whatever a pipeline grants them, all they can do is write logs. */
export function serviceRoleRights(scope: PlatformScope): Right[] {
  const resources = scope.serviceRoles();
  const because = 'Roles of the flow logs and the trail; CloudFormation names them after the stack.';
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
