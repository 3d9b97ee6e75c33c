import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import type { Aws } from '../../../scripts/aws/session.ts';

export interface TestListener {
  readonly bucket: string;
  readonly listenerArn: string;
  readonly loadBalancerArn: string;
}

/** A load balancer with one listener, and a bucket for claims; both of this name. */
export async function makeListener(aws: Aws, name: string): Promise<TestListener> {
  const elb = await aws.elb();
  const { LoadBalancers } = await elb.send(new CreateLoadBalancerCommand({ Name: name, Subnets: ['subnet-a'] }));
  const loadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn ?? '';
  const { Listeners } = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: loadBalancerArn,
      Protocol: 'HTTP',
      Port: 443,
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }],
    }),
  );
  await (await aws.s3()).send(new CreateBucketCommand({ Bucket: name }));
  return { bucket: name, listenerArn: Listeners?.[0]?.ListenerArn ?? '', loadBalancerArn };
}

/** A rule as somebody makes it by hand, to a target group of its own. */
export async function makeRule(aws: Aws, listener: TestListener, priority: number, targetGroup: string): Promise<void> {
  const elb = await aws.elb();
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({ Name: targetGroup, Protocol: 'HTTP', Port: 80, VpcId: 'vpc-a' }),
  );
  await elb.send(
    new CreateRuleCommand({
      ListenerArn: listener.listenerArn,
      Priority: priority,
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [`${targetGroup}.example.com`] } }],
      Actions: [{ Type: 'forward', TargetGroupArn: TargetGroups?.[0]?.TargetGroupArn }],
    }),
  );
}
