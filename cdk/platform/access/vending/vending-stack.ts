import type { App } from 'aws-cdk-lib';
import { names, tags } from '../../../../scripts/config/names.ts';
import { VendhostStack } from '../../../app.ts';
import type { PlatformProps } from '../../platform-props.ts';
import { PlatformScope } from '../platform-scope.ts';
import { vendExecutionRole } from './vend-roles.ts';

/**
 * The role that CloudFormation works with if jobs vend. It has a separate stack, because the access stack's template has no room for it:
 * CloudFormation accepts 51,200 bytes of a template that is in no bucket
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html). No deploy deletes it: when people vend again, the stacks
 * that jobs deployed keep its role. Only people deploy it, like the access stack.
 */
export class VendingStack extends VendhostStack {
  constructor(app: App, { environment, config }: PlatformProps) {
    super(
      app,
      names.vendingStack(environment),
      { account: config.account, region: config.region, tags: tags(environment, 'access') },
      { description: `CloudFormation's role for jobs that vend in ${environment}` },
    );
    vendExecutionRole(this, new PlatformScope(environment, config));
  }
}
