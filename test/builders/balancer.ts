import { CreateSecurityGroupCommand } from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Aws } from '../../scripts/aws/session.ts';
import type { balancerFacts } from '../../scripts/config/facts.ts';

export type BalancerFacts = Record<(typeof balancerFacts)[number], string>;

/** Makes a load balancer of this name with one listener and a security group; its facts. */
export async function makeBalancer(aws: Aws, name: string): Promise<BalancerFacts> {
  const elb = await aws.elb();
  const { GroupId = '' } = await (await aws.ec2()).send(
    new CreateSecurityGroupCommand({ GroupName: name, Description: 'Load balancer' }),
  );
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({
      Name: name,
      Subnets: ['subnet-00000001', 'subnet-00000002'],
      SecurityGroups: [GroupId],
    }),
  );
  const { LoadBalancerArn = '', DNSName = '' } = LoadBalancers?.[0] ?? {};
  const { Listeners } = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn,
      Protocol: 'HTTP',
      Port: 443,
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }],
    }),
  );
  return {
    'load-balancer-arn': LoadBalancerArn,
    'load-balancer-dns': DNSName,
    'load-balancer-security-group-id': GroupId,
    'listener-arn': Listeners?.[0]?.ListenerArn ?? '',
  };
}

/** Makes a rule as somebody does by hand, to a target group of its own. */
export async function makeRule(aws: Aws, listenerArn: string, priority: number, targetGroup: string): Promise<void> {
  const elb = await aws.elb();
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({ Name: targetGroup, Protocol: 'HTTP', Port: 80, VpcId: 'vpc-a' }),
  );
  await elb.send(
    new CreateRuleCommand({
      ListenerArn: listenerArn,
      Priority: priority,
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [`${targetGroup}.example.com`] } }],
      Actions: [{ Type: 'forward', TargetGroupArn: TargetGroups?.[0]?.TargetGroupArn }],
    }),
  );
}
