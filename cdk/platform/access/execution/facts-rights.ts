import { names } from '../../../../scripts/config/names.ts';
import type { Right } from '../../../role.ts';
import type { PlatformScope } from '../platform-scope.ts';

/** The facts of these stacks; not those of access, nor what tenants are granted. */
export function factRights(scope: PlatformScope): Right[] {
  const facts = names.factsPath(scope.environment);
  const parameters = (...found: string[]) => found.map((each) => scope.arn('ssm', `parameter${facts}/${each}`));
  return [
    {
      sid: 'Facts',
      actions: [
        'ssm:AddTagsToResource',
        'ssm:DeleteParameter',
        'ssm:GetParameter',
        'ssm:GetParameters',
        'ssm:ListTagsForResource',
        'ssm:PutParameter',
        'ssm:RemoveTagsFromResource',
      ],
      resources: parameters('*'),
      because: 'Each stack publishes what it makes; the next statement says what is not theirs to write.',
    },
    {
      sid: 'FactsOfOthers',
      deny: true,
      actions: ['ssm:DeleteParameter', 'ssm:PutParameter'],
      resources: parameters('boundary-arn', 'builder-instance-profile', 'tenants/*'),
      because: 'All records of tenants are denied.',
    },
  ];
}
