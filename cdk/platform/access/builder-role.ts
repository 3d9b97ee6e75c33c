import { CfnInstanceProfile, type IManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';
import { makeRole, serviceTrust } from '../../role.ts';
import { agentRights } from '../../ssm-agent.ts';
import type { PlatformScope } from './platform-scope.ts';

export interface BuilderProps {
  readonly scope: PlatformScope;
  readonly boundary: IManagedPolicy;
}

/** The instance profile of builders, on which tenants' images are baked: SSM may manage them, and they download the CodeDeploy agent. */
export class BuilderProfile extends Construct {
  readonly profileName: string;

  constructor(parent: Construct, id: string, { scope, boundary }: BuilderProps) {
    super(parent, id);
    const name = names.builderRole(scope.environment);
    const role = makeRole(this, 'Role', {
      arns: scope,
      name,
      policy: 'builder',
      description: `Instances that bake images in ${scope.environment}`,
      boundary: boundary.managedPolicyArn,
      trust: serviceTrust('ec2'),
      rights: [
        ...agentRights(scope),
        {
          sid: 'CodeDeployAgent',
          actions: ['s3:GetObject'],
          resources: [scope.agentObjects()],
          because: "AWS's public bucket with the CodeDeploy agent; the keys of its objects contain the version.",
        },
      ],
    });
    this.profileName = new CfnInstanceProfile(this, 'Profile', { instanceProfileName: name, roles: [role.ref] }).ref;
  }
}
