import { Stack, Validations } from 'aws-cdk-lib';
import {
  CfnInstanceProfile,
  type IManagedPolicy,
  ManagedPolicy,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { names } from '../../scripts/config/names.ts';

export interface BuilderProps {
  readonly environment: string;
  readonly boundary: IManagedPolicy;
}

/** What an instance may do while a tenant's scripts turn it into an image: be managed by SSM, fetch the CodeDeploy agent. */
export class BuilderProfile extends Construct {
  readonly profileName: string;

  constructor(scope: Construct, id: string, { environment, boundary }: BuilderProps) {
    super(scope, id);
    const { region, partition } = Stack.of(this);
    const name = names.builderRole(environment);
    const role = new Role(this, 'Role', {
      roleName: name,
      description: `Instances that bake images in ${environment}`,
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      permissionsBoundary: boundary,
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
    });
    role.addToPolicy(
      new PolicyStatement({
        sid: 'CodeDeployAgent',
        actions: ['s3:GetObject'],
        resources: [`arn:${partition}:s3:::aws-codedeploy-${region}/*`],
      }),
    );
    this.profileName = new CfnInstanceProfile(this, 'Profile', {
      instanceProfileName: name,
      roles: [role.roleName],
    }).ref;
    Validations.of(role).acknowledge(
      {
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]',
        reason: 'AWS keeps this policy in step with the SSM agent.',
      },
      {
        id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::aws-codedeploy-${region}/*]`,
        reason: "AWS's public bucket with the CodeDeploy agent; the names of its objects carry versions.",
      },
    );
  }
}
