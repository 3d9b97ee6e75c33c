import { CfnOutput, CfnParameter } from 'aws-cdk-lib';
import { CfnListenerRule, CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { names, type Place } from '../../../scripts/config/names.ts';
import {
  type EntryBalancer,
  keptBand,
  priorityParameter,
  type RuleGroup,
  ruleOutput,
  type TrafficRule,
} from './rule-groups.ts';
import { pageType } from './switch-document.ts';

export interface TrafficProps {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly port: number;
  /** More than one while the tenant moves from one to another. */
  readonly balancers: readonly EntryBalancer[];
  /** The tenant's hosts, grouped by listener rule. */
  readonly groups: readonly RuleGroup[];
  /** Page that answers for the hosts instead of the instances, while they are in maintenance. */
  readonly maintenance?: string | undefined;
  /** Page that the tenant's jobs may switch on and off. */
  readonly maintenanceSwitch?: string | undefined;
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
  /** Those that answer for the hosts. */
  readonly rules: readonly TrafficRule[];

  constructor(scope: Construct, id: string, props: TrafficProps) {
    super(scope, id);
    this.rules = props.balancers.flatMap((balancer) => this.#serve(scope, props, balancer));
  }

  #serve(
    scope: Construct,
    { place, facts, port, groups, maintenance, maintenanceSwitch }: TrafficProps,
    { number, listenerArn, isPlain }: EntryBalancer,
  ): TrafficRule[] {
    const [suffix, numbered] = isPlain ? (['', undefined] as const) : ([`-${number}`, number] as const);
    const targetGroup = new CfnTargetGroup(this, `Targets${suffix}`, {
      name: names.targetGroup(place, port, number),
      vpcId: facts['vpc-id'],
      targetType: 'instance',
      protocol: 'HTTP',
      port,
      // A release deregisters each instance in turn, and would wait for the default of 300 s every time.
      targetGroupAttributes: [{ key: 'deregistration_delay.timeout_seconds', value: '20' }],
    });
    const targets = { targetGroupArn: targetGroup.ref };
    const forward = {
      ...{ type: 'forward', ...targets },
      // Says the same once more: CloudFormation sets a rule when its template changes, and what the tenant's jobs switched last must not stay when they may
      // no more.
      ...(maintenanceSwitch === undefined ? {} : { forwardConfig: { targetGroups: [targets] } }),
    };
    const rule = (
      { band, hosts }: RuleGroup,
      conditions: CfnListenerRule.RuleConditionProperty[],
      action: CfnListenerRule.ActionProperty = forward,
    ) => {
      const priority = new CfnParameter(scope, priorityParameter(band, numbered), {
        type: 'Number',
        minValue: 1,
        maxValue: 50_000,
        description: `Claimed priority of the rule for ${hosts.join(', ')}`,
      });
      const rule = new CfnListenerRule(this, `Rule-${band}${suffix}`, {
        listenerArn,
        priority: priority.valueAsNumber,
        conditions: [{ field: 'host-header', hostHeaderConfig: { values: [...hosts] } }, ...conditions],
        actions: [action],
      });
      new CfnOutput(scope, ruleOutput(band, numbered), { value: rule.ref });
      return { rule: rule.ref, targetGroup: targetGroup.ref };
    };
    const answer = maintenance === undefined ? forward : fixedPage(maintenance, maintenanceSwitch !== undefined);
    const answering = groups.map((group) => rule(group, [], answer));
    // Without any rule the targets would be unused, their health unknown, and a release would wait for it in vain
    // (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html).
    if ((maintenance ?? maintenanceSwitch) !== undefined && groups[0] !== undefined) {
      rule({ ...groups[0], band: keptBand }, [{ field: 'source-ip', sourceIpConfig: { values: [nobody] } }]);
    }
    return answering;
  }
}

/**
 * The page of the platform's own maintenance is never the text of one that was switched, which ends with a line feed that nobody sees: CloudFormation sets a
 * rule when its template changes, and the template may still have a page that was switched off since.
 */
function fixedPage(page: string, isSwitched: boolean) {
  const messageBody = `${page.trimEnd()}${isSwitched ? '\n' : ''}`;
  return {
    type: 'fixed-response',
    fixedResponseConfig: { statusCode: '503', contentType: pageType(page), messageBody },
  };
}
