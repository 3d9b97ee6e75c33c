import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnListenerRule, CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { names, type Place } from '../../../scripts/config/names.ts';
import type { VendhostConfig } from '../../../scripts/config/vendhost.ts';
import type { RuleGroup } from '../host-inputs.ts';
import type { HostParameters } from './parameters.ts';

export interface TrafficProps {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly groups: readonly RuleGroup[];
  readonly check: VendhostConfig['health_check'];
  readonly parameters: HostParameters;
}

/** The path of a request: listener rules for the tenant's hosts, the target group, and the instances' security group. */
export class Traffic extends Construct {
  readonly targetGroup: CfnTargetGroup;
  readonly rules: readonly CfnListenerRule[];
  readonly instanceSecurityGroup: CfnSecurityGroup;

  constructor(scope: Construct, id: string, { place, facts, groups, check, parameters }: TrafficProps) {
    super(scope, id);
    const targetGroup = new CfnTargetGroup(this, 'Targets', {
      name: names.targetGroup(place, check.port),
      vpcId: facts['vpc-id'],
      targetType: 'instance',
      protocol: 'HTTP',
      port: check.port,
      healthCheckPath: check.path,
      matcher: { httpCode: check.status },
      healthCheckIntervalSeconds: 10,
      healthCheckTimeoutSeconds: 5,
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 3,
      // A release deregisters each instance in turn, and would wait for the default of 300 s every time.
      targetGroupAttributes: [{ key: 'deregistration_delay.timeout_seconds', value: '20' }],
    });
    this.targetGroup = targetGroup;
    this.rules = groups.map(({ band, hosts }) => {
      const parameter = parameters.priorities.get(band);
      if (parameter === undefined) throw new Error(`no priority parameter for ${band}`);
      return new CfnListenerRule(this, `Rule-${band}`, {
        listenerArn: facts['listener-arn'],
        priority: parameter.valueAsNumber,
        conditions: [{ field: 'host-header', hostHeaderConfig: { values: [...hosts] } }],
        actions: [{ type: 'forward', targetGroupArn: targetGroup.ref }],
      });
    });
    this.instanceSecurityGroup = new CfnSecurityGroup(this, 'InstanceSecurityGroup', {
      groupDescription: `Instances of ${names.host(place)}`,
      vpcId: facts['vpc-id'],
      securityGroupIngress: [
        {
          ipProtocol: 'tcp',
          fromPort: check.port,
          toPort: check.port,
          sourceSecurityGroupId: facts['load-balancer-security-group-id'],
          description: 'Requests and health checks of the load balancer',
        },
      ],
      securityGroupEgress: [
        { ipProtocol: '-1', cidrIp: '0.0.0.0/0', description: 'The software may connect to anything' },
      ],
    });
  }
}
