import { names, type TenantRole } from '../../../../scripts/config/names.ts';
import { type Condition, merge, type Right } from '../../../role.ts';
import type { PlatformScope } from '../platform-scope.ts';

/** All roles that a tenant's access stack can contain. */
const tenantRoles: readonly TenantRole[] = [
  'approver',
  'approver-job',
  'codedeploy',
  'deploy',
  'execution',
  'instance',
  'intake',
  'pipeline',
  'plan',
];

/** Suffixes of the names of its managed policies. */
const tenantPolicies = ['approving', 'baking', 'execution', 'launching', 'reading'];

const because =
  "Tenants' own, by the ends of their names; no role, policy or profile of the platform's has such a name.";

/**
 * Resources in tenants' access stacks: roles under the tenants' boundary, with the tags that the boundary compares; their policies; the
 * instance profile; the record. No boundary can be changed or removed from a role, and no platform role has a name that these statements match.
 */
export function tenantIamRights(scope: PlatformScope): Right[] {
  const { environment } = scope;
  const roles = scope.tenantRoles(...tenantRoles);
  const policies = tenantPolicies.map((end) => scope.globalArn('iam', `policy/vendhost-${environment}-*-${end}`));
  const ofPlatform = [
    names.driftPolicy(environment),
    names.promotedPolicy(environment),
    names.promotingPolicy(environment),
  ];
  const shared = ofPlatform.map((name) => scope.globalArn('iam', `policy/${name}`));
  const bounded = {
    StringEquals: { 'iam:PermissionsBoundary': scope.globalArn('iam', `policy/${names.boundary(environment)}`) },
  };
  // To the boundary, a role without its tenant's tag would be nobody's.
  const switching = {
    StringEquals: { 'iam:PermissionsBoundary': scope.globalArn('iam', `policy/${names.switchBoundary(environment)}`) },
  };
  const switches = scope.tenantRoles('switch');
  const tagged: Condition = {
    StringEquals: {
      'aws:RequestTag/vendhost:environment': environment,
      // The role of the software's own project is in the entry stack.
      'aws:RequestTag/vendhost:layer': ['access', 'entry'],
    },
    Null: { 'aws:RequestTag/vendhost:tenant': 'false' },
  };
  return [
    { sid: 'MakeSwitches', actions: ['iam:CreateRole'], resources: switches, when: merge(switching, tagged), because },
    {
      sid: 'ChangeSwitches',
      actions: ['iam:DeleteRolePolicy', 'iam:PutRolePolicy'],
      resources: switches,
      when: switching,
      because,
    },
    { sid: 'MakeRoles', actions: ['iam:CreateRole'], resources: roles, when: merge(bounded, tagged), because },
    {
      sid: 'ChangeRoles',
      actions: ['iam:DeleteRolePolicy', 'iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy'],
      resources: roles,
      when: bounded,
      because,
    },
    {
      sid: 'AttachPolicies',
      actions: ['iam:AttachRolePolicy', 'iam:DetachRolePolicy'],
      resources: roles,
      when: merge(bounded, { ArnLike: { 'iam:PolicyARN': [...policies, ...shared] } }),
      because,
    },
    { sid: 'TagRoles', actions: ['iam:TagRole'], resources: [...roles, ...switches], when: tagged, because },
    {
      sid: 'KeepRoles',
      actions: [
        'iam:DeleteRole',
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListInstanceProfilesForRole',
        'iam:ListRolePolicies',
        'iam:ListRoleTags',
        'iam:UpdateAssumeRolePolicy',
        'iam:UpdateRole',
        'iam:UpdateRoleDescription',
      ],
      resources: [...roles, ...switches],
      because,
    },
    {
      sid: 'Policies',
      actions: [
        'iam:CreatePolicy',
        'iam:CreatePolicyVersion',
        'iam:DeletePolicy',
        'iam:DeletePolicyVersion',
        'iam:GetPolicy',
        'iam:GetPolicyVersion',
        'iam:ListEntitiesForPolicy',
        'iam:ListPolicyVersions',
        'iam:TagPolicy',
      ],
      resources: policies,
      because,
    },
    {
      sid: 'Profiles',
      actions: [
        'iam:AddRoleToInstanceProfile',
        'iam:CreateInstanceProfile',
        'iam:DeleteInstanceProfile',
        'iam:GetInstanceProfile',
        'iam:RemoveRoleFromInstanceProfile',
        'iam:TagInstanceProfile',
      ],
      resources: [scope.globalArn('iam', `instance-profile/vendhost-${environment}-*-instance`)],
      because,
    },
    ...passRights(scope),
    {
      sid: 'Records',
      actions: [
        'ssm:AddTagsToResource',
        'ssm:DeleteParameter',
        'ssm:GetParameter',
        'ssm:GetParameters',
        'ssm:ListTagsForResource',
        'ssm:PutParameter',
      ],
      resources: [scope.arn('ssm', `parameter${names.tenantRecord({ environment, tenant: '*' })}`)],
      because: "All tenants' records, and no fact of the platform's.",
    },
  ];
}

/** Each role may be passed only to the service that it is for. */
function passRights(scope: PlatformScope): Right[] {
  const services = { instance: 'ec2', intake: 'events', pipeline: 'codepipeline', switch: 'ssm' } as const;
  return Object.entries(services).map(([role, service]) => ({
    sid: `Pass${role.charAt(0).toUpperCase()}${role.slice(1)}`,
    actions: ['iam:PassRole'],
    resources: scope.tenantRoles(role as keyof typeof services),
    when: { StringEquals: { 'iam:PassedToService': `${service}.amazonaws.com` } },
    because,
  }));
}
