import { names } from '../../../scripts/config/names.ts';
import type { Right } from '../../role.ts';
import type { PlatformScope } from './platform-scope.ts';

/**
 * The permissions boundary of the roles that switch tenants' maintenance: it only allows changing a listener rule. The boundary of all
 * other tenants' roles denies exactly that.
 */
export function switchBoundary(scope: PlatformScope): Right[] {
  const balancers = names.loadBalancer(scope.environment, 1);
  return [
    {
      sid: 'Answer',
      actions: ['elasticloadbalancing:ModifyRule'],
      resources: [scope.arn('elasticloadbalancing', `listener-rule/app/${balancers}*/*`)],
      because:
        "Rules of the environment's load balancers. A permissions boundary grants nothing; each role under it names the rules of one tenant.",
    },
  ];
}
