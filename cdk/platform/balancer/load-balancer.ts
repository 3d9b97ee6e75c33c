import { Validations } from 'aws-cdk-lib';
import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnListener, CfnLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';
import { balancerLogs } from '../log-bucket.ts';

export interface LoadBalancerProps {
  readonly environment: string;
  readonly number: number;
  readonly vpcId: string;
  /** CIDR of the instances' subnets, the only network the load balancer connects to. */
  readonly hostsCidr: string;
  readonly subnetIds: string[];
  readonly certificate: string;
  readonly logBucket: string;
}

/**
 * TLS 1.3, and TLS 1.2 with forward secrecy and authenticated encryption only; post-quantum key exchange with clients that
 * support it. AWS recommends this policy, and it is the console's default
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html). CloudFormation's default
 * dates from 2016 and accepts TLS 1.0.
 */
const sslPolicy = 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09';

/** Port 80 redirects to HTTPS; port 443 answers 503 `host not found` unless the rule of a virtual host matches. */
export class LoadBalancer extends Construct {
  readonly arn: string;
  readonly dns: string;
  readonly securityGroupId: string;
  readonly listenerArn: string;

  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id);
    const securityGroup = new CfnSecurityGroup(this, 'SecurityGroup', {
      groupDescription: `Load balancer of ${props.environment}`,
      vpcId: props.vpcId,
      securityGroupIngress: [80, 443].map((port) => ({
        ipProtocol: 'tcp',
        fromPort: port,
        toPort: port,
        cidrIp: '0.0.0.0/0',
        description: 'Visitors',
      })),
      securityGroupEgress: [
        { ipProtocol: 'tcp', fromPort: 1, toPort: 65535, cidrIp: props.hostsCidr, description: 'Virtual hosts' },
      ],
    });
    Validations.of(securityGroup).acknowledge({
      id: 'AwsSolutions-EC23',
      reason: 'The load balancer is public: anyone may connect to its two ports.',
    });
    const balancer = new CfnLoadBalancer(this, 'LoadBalancer', {
      name: names.loadBalancer(props.environment, props.number),
      type: 'application',
      scheme: 'internet-facing',
      ipAddressType: 'ipv4',
      subnets: props.subnetIds,
      securityGroups: [securityGroup.attrGroupId],
      loadBalancerAttributes: attributes({
        'access_logs.s3.enabled': 'true',
        'access_logs.s3.bucket': props.logBucket,
        'access_logs.s3.prefix': balancerLogs,
        'deletion_protection.enabled': String(props.environment === 'production'),
        'routing.http.drop_invalid_header_fields.enabled': 'true',
      }),
    });
    new CfnListener(this, 'Http', {
      loadBalancerArn: balancer.ref,
      port: 80,
      protocol: 'HTTP',
      defaultActions: [
        { type: 'redirect', redirectConfig: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } },
      ],
    });
    const https = new CfnListener(this, 'Https', {
      loadBalancerArn: balancer.ref,
      port: 443,
      protocol: 'HTTPS',
      sslPolicy,
      certificates: [{ certificateArn: props.certificate }],
      defaultActions: [
        {
          type: 'fixed-response',
          fixedResponseConfig: { statusCode: '503', contentType: 'text/plain', messageBody: 'host not found' },
        },
      ],
    });
    this.arn = balancer.ref;
    this.dns = balancer.attrDnsName;
    this.securityGroupId = securityGroup.attrGroupId;
    this.listenerArn = https.ref;
  }
}

function attributes(values: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}
