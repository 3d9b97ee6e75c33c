import { CfnOutput, CfnParameter } from 'aws-cdk-lib';
import { CfnListenerRule, CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { names, type Place } from '../../../scripts/config/names.ts';
import { keptBand, priorityParameter, type RuleGroup, ruleOutput } from './rule-groups.ts';

export interface TrafficProps {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly port: number;
  readonly loadBalancer: number;
  /** The tenant's hosts, grouped by listener rule. */
  readonly groups: readonly RuleGroup[];
  /** Page that answers for the hosts instead of the instances, while they are in maintenance. */
  readonly maintenance?: string | undefined;
}

/**
 * An address of nobody, which no connection comes from (https://www.rfc-editor.org/rfc/rfc5737): a condition that is never met.
 */
const nobody = '192.0.2.1/32';

/**
 * The path of a request up to the instances: listener rules for the tenant's hosts, and the target group. How the health check is
 * done is the tenant's to say; `vendhost host provision` sets it, and so the template does not mention it.
 */
export class Traffic extends Construct {
  constructor(scope: Construct, id: string, { place, facts, port, loadBalancer, groups, maintenance }: TrafficProps) {
    super(scope, id);
    const targetGroup = new CfnTargetGroup(this, 'Targets', {
      name: names.targetGroup(place, port, loadBalancer),
      vpcId: facts['vpc-id'],
      targetType: 'instance',
      protocol: 'HTTP',
      port,
      // A release deregisters each instance in turn, and would wait for the default of 300 s every time.
      targetGroupAttributes: [{ key: 'deregistration_delay.timeout_seconds', value: '20' }],
    });
    const forward = { type: 'forward', targetGroupArn: targetGroup.ref };
    const rule = (
      { band, hosts }: RuleGroup,
      conditions: CfnListenerRule.RuleConditionProperty[],
      action: CfnListenerRule.ActionProperty = forward,
    ) => {
      const priority = new CfnParameter(scope, priorityParameter(band), {
        type: 'Number',
        minValue: 1,
        maxValue: 50_000,
        description: `Claimed priority of the rule for ${hosts.join(', ')}`,
      });
      const rule = new CfnListenerRule(this, `Rule-${band}`, {
        listenerArn: facts['listener-arn'],
        priority: priority.valueAsNumber,
        conditions: [{ field: 'host-header', hostHeaderConfig: { values: [...hosts] } }, ...conditions],
        actions: [action],
      });
      new CfnOutput(scope, ruleOutput(band), { value: rule.ref });
    };
    for (const group of groups) rule(group, [], maintenance === undefined ? forward : fixedPage(maintenance));
    // Without any rule the targets would be unused, their health unknown, and a release would wait for it in vain
    // (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html).
    if (maintenance !== undefined && groups[0] !== undefined) {
      rule({ ...groups[0], band: keptBand }, [{ field: 'source-ip', sourceIpConfig: { values: [nobody] } }]);
    }
  }
}

function fixedPage(page: string) {
  const contentType = page.trimStart().startsWith('<') ? 'text/html' : 'text/plain';
  return { type: 'fixed-response', fixedResponseConfig: { statusCode: '503', contentType, messageBody: page } };
}
