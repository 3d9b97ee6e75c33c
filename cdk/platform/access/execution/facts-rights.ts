import { names } from '../../../../scripts/config/names.ts';
import type { Right } from '../../../role.ts';
import type { PlatformScope } from '../platform-scope.ts';

/** The facts that these stacks publish, but not those of the access stack and not the tenants' records. */
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
      because: 'Each stack publishes facts of its own; FactsOfOthers denies those of the access stack and the records.',
    },
    {
      sid: 'FactsOfOthers',
      deny: true,
      actions: ['ssm:DeleteParameter', 'ssm:PutParameter'],
      resources: parameters('boundary-arn', 'builder-instance-profile', 'tenants/*'),
      because: "All tenants' records.",
    },
  ];
}
