import { Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';
import type { PlatformScope } from './platform-scope.ts';

/**
 * The permissions boundary of the roles that switch tenants' maintenance: what a listener rule answers, and nothing else. The boundary of all other roles
 * of tenants denies just that.
 */
export class SwitchBoundary extends Construct {
  constructor(parent: Construct, id: string, scope: PlatformScope) {
    super(parent, id);
    const resources = scope
      .numbered(names.loadBalancer)
      .map((name) => scope.arn('elasticloadbalancing', `listener-rule/app/${name}/*`));
    const policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: names.switchBoundary(scope.environment),
      description: `Ceiling of the rights of what switches maintenance in ${scope.environment}`,
      statements: [new PolicyStatement({ sid: 'Answer', actions: ['elasticloadbalancing:ModifyRule'], resources })],
    });
    for (const resource of resources) {
      Validations.of(policy).acknowledge({
        id: `AwsSolutions-IAM5[Resource::${resource}]`,
        reason: 'A permissions boundary grants nothing; each role under it names the rules of one tenant.',
      });
    }
  }
}
