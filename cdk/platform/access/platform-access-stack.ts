import type { App } from 'aws-cdk-lib';
import { names, tags } from '../../../scripts/config/names.ts';
import { VendhostStack } from '../../app.ts';
import { makePolicy } from '../../role.ts';
import type { PlatformProps } from '../platform-props.ts';
import { Facts } from '../published-facts.ts';
import { Boundary, ServiceBoundary } from './boundary.ts';
import { BuilderProfile } from './builder-role.ts';
import { tenantDriftRights } from './drift-rights.ts';
import { PlatformScope } from './platform-scope.ts';
import { promotedRights, promotionRights } from './promotion-rights.ts';
import { platformRoles } from './roles.ts';
import { switchBoundary } from './switch-boundary.ts';

/**
 * The permissions boundaries, the builders' instance profile, and the roles of the platform project's pipelines. Only people
 * deploy this stack: a pipeline that could deploy it could give itself any permission.
 */
export class AccessStack extends VendhostStack {
  constructor(app: App, props: PlatformProps) {
    const { environment, config, issuer, audience, project } = props;
    super(
      app,
      names.platformStack(environment, 'access'),
      { account: config.account, region: config.region, tags: tags(environment, 'access') },
      { description: `Roles of ${environment}` },
    );
    const scope = new PlatformScope(environment, config);
    const boundary = new Boundary(this, 'Boundary', scope);
    new ServiceBoundary(this, 'ServiceBoundary', scope);
    makePolicy(this, 'SwitchBoundary', {
      name: names.switchBoundary(environment),
      description: `Ceiling of what switches maintenance in ${environment}`,
      rights: switchBoundary(scope),
    });
    makePolicy(this, 'TenantDrift', {
      name: names.driftPolicy(environment),
      description: `Tenants' jobs: detect the drift of their own stacks in ${environment}`,
      rights: tenantDriftRights(scope),
    });
    // Always created, because IAM does not delete a policy that roles of other stacks have. Those roles get them if images are promoted.
    makePolicy(this, 'TenantPromoting', {
      name: names.promotingPolicy(environment),
      description: `Tenants' jobs: copy their images of another environment to ${environment}`,
      rights: promotionRights(scope),
    });
    makePolicy(this, 'TenantPromoted', {
      name: names.promotedPolicy(environment),
      description: `Tenants' jobs: read the disks of their images of ${environment}, to promote them`,
      rights: promotedRights(scope),
    });
    const builder = new BuilderProfile(this, 'Builder', { scope, boundary: boundary.policy });
    if (project !== undefined) {
      const { path, branch } = project;
      platformRoles(this, { scope, project: { issuer, audience, path }, branch });
    }

    new Facts(this, environment, {
      'boundary-arn': boundary.policy.managedPolicyArn,
      'builder-instance-profile': builder.profileName,
    });
  }
}
