import type { App } from 'aws-cdk-lib';
import { names, tags } from '../../scripts/config/names.ts';
import { VendhostStack } from '../app.ts';
import type { PlatformProps } from './app.ts';
import { Boundary } from './boundary.ts';
import { BuilderProfile } from './builder.ts';
import { Facts } from './facts.ts';

/** Who may do what: the ceiling of all tenants' roles, and the builders' instance profile. */
export class AccessStack extends VendhostStack {
  constructor(app: App, { environment, config }: PlatformProps) {
    super(
      app,
      names.platformStack(environment, 'access'),
      { account: config.account, region: config.region, tags: tags(environment, 'access') },
      { description: `Roles of ${environment}` },
    );
    const boundary = new Boundary(this, 'Boundary', {
      environment,
      bucket: names.bucket(environment, config.account, config.region),
    });
    const builder = new BuilderProfile(this, 'Builder', { environment, boundary: boundary.policy });

    new Facts(this, environment, {
      'boundary-arn': boundary.policy.managedPolicyArn,
      'builder-instance-profile': builder.profileName,
    });
  }
}
