import type { Environment } from '../../config/environment.ts';
import type { FoundStack } from './find-stacks.ts';

type Named = Pick<FoundStack, 'name' | 'tenant' | 'layer'>;

/** The command that deploys a stack. */
export function deployCommand(environment: Environment, { name, tenant, layer }: Named): string {
  if (tenant !== undefined) {
    return layer === 'access' || layer === 'entry'
      ? `vendhost tenant vend ${tenant} --environment ${environment}`
      : `vendhost host provision --tenant ${tenant} --environment ${environment}`;
  }
  const layers = ['network', 'storage', 'balancer'];
  const known = layers.find((each) => name.startsWith(`vendhost-${environment}-${each}`)) ?? 'access';
  return `vendhost platform deploy --environment ${environment} --layer ${known}`;
}

/**
 * What ends a stack's drift. A deploy of the same template changes nothing; a drift-aware change set does
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html).
 */
export function nextOf(environment: Environment, stack: FoundStack): string {
  const deploy = deployCommand(environment, stack);
  if (stack.root !== undefined) {
    // Change sets are of root stacks (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/change-sets-for-nested-stacks.html).
    return `to keep the change, write it into the code and run ${deploy}; to undo it, set the old value again: the stack is nested in ${stack.root}`;
  }
  const parameters = stack.parameters.map((name) => ` ParameterKey=${name},UsePreviousValue=true`).join('');
  const revert = [
    `aws cloudformation create-change-set --stack-name ${stack.name} --change-set-name revert-drift`,
    '--use-previous-template --deployment-mode REVERT_DRIFT --capabilities CAPABILITY_NAMED_IAM',
    ...(parameters === '' ? [] : [`--parameters${parameters}`]),
  ].join(' ');
  return `to keep the change, write it into the code and run ${deploy}; to undo it, set the old value again, or execute the change set of: ${revert}`;
}
