import type { App } from 'aws-cdk-lib';
import { names, type PlatformPolicy, tags } from '../../../scripts/config/names.ts';
import { VendhostStack } from '../../app.ts';
import { makePolicy, type Right } from '../../role.ts';
import type { PlatformProps } from '../platform-props.ts';
import { platformDriftRights } from './drift-rights.ts';
import { networkRights } from './execution/network-rights.ts';
import { storageRights } from './execution/storage-rights.ts';
import { PlatformScope } from './platform-scope.ts';

/**
 * Managed policies of the roles in the access stack, whose template has no room for all of their permissions
 * (docs/decisions/0063-the-platforms-policies-have-a-stack.md). It is deployed before that stack, and deleted after it. If the platform has no project,
 * no role has these policies. Only people deploy it, like the access stack.
 */
export class PoliciesStack extends VendhostStack {
  constructor(app: App, { environment, config }: PlatformProps) {
    super(
      app,
      names.policiesStack(environment),
      { account: config.account, region: config.region, tags: tags(environment, 'access') },
      { description: `Policies of the platform's roles in ${environment}` },
    );
    const scope = new PlatformScope(environment, config);
    // Descriptions contain nothing that can change: a named policy cannot get another description
    // (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html).
    const policy = (id: string, which: PlatformPolicy, { description, rights }: Described) =>
      makePolicy(this, id, { name: names.platformPolicy(environment, which), description, rights });
    policy('PlanDrift', 'plan-drift', {
      description: `The platform's jobs: detect the drift of every stack of ${environment}`,
      rights: platformDriftRights(scope),
    });
    policy('ExecutionNetwork', 'execution-network', {
      description: `CloudFormation, for the network of ${environment}`,
      rights: networkRights(scope),
    });
    policy('ExecutionStorage', 'execution-storage', {
      description: `CloudFormation, for the storage of ${environment}`,
      rights: storageRights(scope),
    });
  }
}

interface Described {
  readonly description: string;
  readonly rights: readonly Right[];
}
