import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { names } from '../../../../scripts/config/names.ts';
import { branchTrust, type GitlabProject } from '../../../gitlab-trust.ts';
import { makePolicy, makeRole, serviceTrust } from '../../../role.ts';
import type { PlatformScope } from '../platform-scope.ts';
import { entryRights } from './entry-rights.ts';
import { tenantIamRights } from './tenant-iam-rights.ts';
import { vendRights } from './vend-rights.ts';

export interface VendRoleProps {
  readonly scope: PlatformScope;
  readonly project: GitlabProject;
  /** The branch whose jobs vend. */
  readonly branch: string;
}

/** The role of jobs that vend tenants, if `platform.yml` lets jobs vend. */
export function vendRole(parent: Construct, { scope, project, branch }: VendRoleProps): CfnRole {
  return makeRole(parent, 'VendRole', {
    arns: scope,
    name: names.platformRole(scope.environment, 'vend'),
    policy: 'vend',
    description: `Jobs of ${project.path} on ${branch}: vend tenants in ${scope.environment}`,
    trust: branchTrust(scope, project, branch),
    rights: vendRights(scope),
  });
}

/**
 * The role with which CloudFormation works on tenants' access and entry stacks for jobs. A stack
 * remembers the role it was deployed with, and can no longer be changed when that role is gone
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html).
 */
export function vendExecutionRole(parent: Construct, scope: PlatformScope): CfnRole {
  const name = names.platformRole(scope.environment, 'vend-execution');
  return makeRole(parent, 'VendExecutionRole', {
    arns: scope,
    name,
    policy: 'vend-execution',
    description: `CloudFormation, for access and entry stacks of tenants in ${scope.environment}`,
    trust: serviceTrust('cloudformation'),
    rights: tenantIamRights(scope),
    attached: [
      makePolicy(parent, 'VendExecutionEntry', {
        name: `${name}-entry`,
        description: `CloudFormation, for entry stacks of tenants in ${scope.environment}`,
        rights: entryRights(scope),
      }),
    ],
  });
}
