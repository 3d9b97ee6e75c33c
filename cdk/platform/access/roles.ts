import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';
import { anyBranchTrust, branchTrust, type GitlabProject } from '../../gitlab-trust.ts';
import { makeRole, serviceTrust } from '../../role.ts';
import { checkRights } from './check-rights.ts';
import { balancerRights } from './execution/balancer-rights.ts';
import { factRights } from './execution/facts-rights.ts';
import { serviceRoleRights } from './execution/service-role-rights.ts';
import { costRights, deployRights, platformReadRights, statusRights } from './platform-job-roles.ts';
import type { PlatformScope } from './platform-scope.ts';
import { vendRole } from './vending/vend-roles.ts';

export interface PlatformRolesProps {
  readonly scope: PlatformScope;
  readonly project: GitlabProject;
  /** The branch whose jobs deploy. */
  readonly branch: string;
}

/**
 * The roles of the platform project's pipelines. None of them can change the access stack, which creates them, so no
 * pipeline can extend its own permissions. They are not under the boundary: it denies tenants what these roles create.
 */
export function platformRoles(parent: Construct, { scope, project, branch }: PlatformRolesProps): CfnRole[] {
  const { environment } = scope;
  return [
    makeRole(parent, 'PlanRole', {
      arns: scope,
      name: names.platformRole(environment, 'plan'),
      policy: 'plan',
      description: `Jobs of ${project.path} on any branch: read the platform of ${environment}`,
      trust: anyBranchTrust(scope, project),
      rights: [
        ...platformReadRights(scope, project),
        ...statusRights(scope),
        ...checkRights(scope),
        ...costRights(scope),
      ],
      foreign: [scope.policyArn('plan-drift')],
    }),
    makeRole(parent, 'DeployRole', {
      arns: scope,
      name: names.platformRole(environment, 'deploy'),
      policy: 'deploy',
      description: `Jobs of ${project.path} on ${branch}: execute change sets of ${environment}`,
      trust: branchTrust(scope, project, branch),
      rights: [...platformReadRights(scope, project), ...deployRights(scope)],
    }),
    makeRole(parent, 'ExecutionRole', {
      arns: scope,
      name: names.platformRole(environment, 'execution'),
      policy: 'execution',
      description: `CloudFormation, for the network, storage and load balancers of ${environment}`,
      trust: serviceTrust('cloudformation'),
      rights: [...balancerRights(scope), ...serviceRoleRights(scope), ...factRights(scope)],
      foreign: [scope.policyArn('execution-network'), scope.policyArn('execution-storage')],
    }),
    ...(scope.config.vending === 'jobs' ? [vendRole(parent, { scope, project, branch })] : []),
  ];
}
