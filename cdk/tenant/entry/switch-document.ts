import type { TrafficRule } from './rule-groups.ts';

/** The only parameter, and its values. */
export const switchParameter = { name: 'State', on: 'on', off: 'off' } as const;

/** HTML if it begins with <. */
export function pageType(page: string): 'text/html' | 'text/plain' {
  return page.trimStart().startsWith('<') ? 'text/html' : 'text/plain';
}

/**
 * Content of the Automation document that makes a page answer for the tenant's hosts, or the instances. The caller passes only `on` or `off`:
 * page, rules and target groups are in the text, and the role that it acts as can do no more.
 *
 * One step for each rule, in their order. If a run ended between two of them, the next one completes it, whether on or off, because each sets all
 * (https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-executeAwsApi.html, `automation-action-branch.html` beside it).
 */
export function switchDocument(role: string, page: string, rules: readonly TrafficRule[]): object {
  const answer = {
    Type: 'fixed-response',
    FixedResponseConfig: { StatusCode: '503', ContentType: pageType(page), MessageBody: page },
  };
  const { name, on, off } = switchParameter;
  return {
    schemaVersion: '0.3',
    description: 'Switches the maintenance of a tenant',
    assumeRole: role,
    parameters: { [name]: { type: 'String', description: 'Whether the page answers', allowedValues: [on, off] } },
    mainSteps: [
      {
        name: 'choose',
        action: 'aws:branch',
        inputs: {
          Choices: [{ NextStep: `${on}0`, Variable: `{{ ${name} }}`, StringEquals: on }],
          Default: `${off}0`,
        },
      },
      ...steps(on, rules, () => answer),
      ...steps(off, rules, ({ targetGroup }) => forwardTo(targetGroup)),
    ],
  };
}

/** In the two forms that the rule of the template has. */
function forwardTo(TargetGroupArn: string) {
  return { Type: 'forward', TargetGroupArn, ForwardConfig: { TargetGroups: [{ TargetGroupArn }] } };
}

function steps(state: string, rules: readonly TrafficRule[], answerOf: (rule: TrafficRule) => object): object[] {
  return rules.map((rule, index) => ({
    name: `${state}${index}`,
    action: 'aws:executeAwsApi',
    // It may be throttled; setting the same again changes nothing.
    maxAttempts: 3,
    inputs: { Service: 'elbv2', Api: 'ModifyRule', RuleArn: rule.rule, Actions: [answerOf(rule)] },
    ...(index === rules.length - 1 ? { isEnd: true } : { nextStep: `${state}${index + 1}` }),
  }));
}
