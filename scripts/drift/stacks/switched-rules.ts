import { names } from '../../config/names.ts';
import type { FoundStack } from './find-stacks.ts';
import type { PropertyDrift, ResourceDrift } from './read-drifts.ts';

/**
 * What a tenant's jobs switched is no drift: its template has what the rules answered when it was last vended, and either answer may follow. So a rule of a
 * stack with the switch may have a page with status 503 where its template forwards, and the tenant's own target group where it has the page. Which page
 * that is, is not compared. Anything else somebody changed by hand.
 */
export function withoutSwitched(
  environment: string,
  { tenant, maySwitch }: Pick<FoundStack, 'tenant' | 'maySwitch'>,
  resources: readonly ResourceDrift[],
): ResourceDrift[] {
  if (maySwitch !== true || tenant === undefined) return [...resources];
  const group = `:targetgroup/${names.targetGroupPrefix({ environment, tenant })}`;
  return resources.map((resource) => {
    const { type, status, differences } = resource;
    const isRule = type === 'AWS::ElasticLoadBalancingV2::ListenerRule' && status === 'MODIFIED';
    if (!isRule || differences.length === 0 || !differences.every((each) => isAnswer(each, group))) return resource;
    return { ...resource, status: 'IN_SYNC', differences: [], isSwitched: true };
  });
}

function isAnswer({ path, expected, actual }: PropertyDrift, group: string): boolean {
  const [, part] = /^\/Actions\/0\/(Type|TargetGroupArn|ForwardConfig|FixedResponseConfig)$/.exec(path) ?? [];
  // A type is another one; of the rest one side has nothing.
  if (part === 'Type') return [expected, actual].sort().join() === 'fixed-response,forward';
  if (part === undefined || (expected !== undefined && actual !== undefined)) return false;
  if (actual === undefined) return true;
  return part === 'FixedResponseConfig' ? /"StatusCode":\s*"503"/.test(actual) : groupsOf(actual).every(is(group));
}

/** ARNs of target groups in a value; of one that names none nothing is known. */
function groupsOf(value: string): string[] {
  return value.match(/arn:[^",\s]+/g) ?? [''];
}

function is(group: string): (arn: string) => boolean {
  return (arn) => arn.includes(group);
}
