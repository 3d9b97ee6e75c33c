import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { names, type TenantRole } from '../../../scripts/config/names.ts';
import { makeRole, type RoleProps } from '../../role.ts';
import type { Scope } from './tenant-scope.ts';

export interface TenantRoleProps extends Pick<RoleProps, 'description' | 'trust' | 'rights' | 'attached' | 'foreign'> {
  readonly scope: Scope;
  readonly role: TenantRole;
}

/** A role of a tenant: a fixed name, the platform's permissions boundary, one policy that lists its rights. */
export function tenantRole(parent: Construct, { scope, role, ...props }: TenantRoleProps): CfnRole {
  const id = role.split('-').map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return makeRole(parent, id.join(''), {
    ...props,
    arns: scope,
    name: names.tenantRole(scope.place, role),
    policy: role,
    boundary: scope.facts['boundary-arn'],
  });
}
