import { type App, CfnOutput, CfnParameter } from 'aws-cdk-lib';
import { names, tags } from '../../../scripts/config/names.ts';
import { networkPlan } from '../../../scripts/config/network.ts';
import { VendhostStack } from '../../app.ts';
import type { PlatformProps } from '../platform-props.ts';
import { Facts } from '../published-facts.ts';
import { LoadBalancer } from './load-balancer.ts';

/**
 * A load balancer that virtual hosts of an environment share; `platform.yml` says how many there are. It gets the network's
 * ids as parameters. With exports, CloudFormation would refuse to change an output of the network stack that is in use.
 */
export class BalancerStack extends VendhostStack {
  constructor(app: App, { environment, config }: PlatformProps, number: number) {
    super(
      app,
      names.balancerStack(environment, number),
      { account: config.account, region: config.region, tags: tags(environment, 'balancer') },
      { description: `Load balancer ${number} of ${environment}` },
    );
    const vpcId = new CfnParameter(this, 'VpcId', { type: 'AWS::EC2::VPC::Id' });
    const subnetIds = new CfnParameter(this, 'PublicSubnetIds', { type: 'List<AWS::EC2::Subnet::Id>' });
    const balancer = new LoadBalancer(this, 'Balancer', {
      environment,
      number,
      vpcId: vpcId.valueAsString,
      hostsCidr: networkPlan(config).egress.supernet,
      subnetIds: subnetIds.valueAsList,
      certificate: config.certificate,
      logBucket: names.logBucket(environment, config.account, config.region),
    });
    new CfnOutput(this, 'LoadBalancerDns', { value: balancer.dns });
    const facts = {
      'load-balancer-arn': balancer.arn,
      'load-balancer-dns': balancer.dns,
      'load-balancer-security-group-id': balancer.securityGroupId,
      'listener-arn': balancer.listenerArn,
    };
    const numbered = Object.entries(facts).map(([fact, value]) => [names.balancerFact(fact, number), value]);
    new Facts(this, environment, {
      ...Object.fromEntries(numbered),
      // The environment's domain is published once, with the first load balancer.
      ...(number === 1 ? { domain: config.domain } : {}),
    });
  }
}
