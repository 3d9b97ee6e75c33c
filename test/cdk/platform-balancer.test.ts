import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { networkOutputs } from '../../cdk/platform/network.ts';
import { templateOf } from './platform-props.ts';

const template = templateOf('balancer');
const listener = 'AWS::ElasticLoadBalancingV2::Listener';

describe('the load balancer', () => {
  test('port 80 sends everyone to HTTPS for good', () => {
    template.hasResourceProperties(listener, {
      Port: 80,
      DefaultActions: [
        { Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } },
      ],
    });
  });

  test('port 443 answers 503 host not found', () => {
    template.hasResourceProperties(listener, {
      Port: 443,
      SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
      Certificates: [{ CertificateArn: 'arn:aws:acm:eu-west-1:111111111111:certificate/0c5f3a52' }],
      DefaultActions: [
        {
          Type: 'fixed-response',
          FixedResponseConfig: { StatusCode: '503', ContentType: 'text/plain', MessageBody: 'host not found' },
        },
      ],
    });
  });

  test.each([
    ['dev', 'false'],
    ['production', 'true'],
  ] as const)('in %s: deletion protection %s', (environment, protection) => {
    templateOf('balancer', environment).hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      Scheme: 'internet-facing',
      LoadBalancerAttributes: Match.arrayWith([
        { Key: 'access_logs.s3.enabled', Value: 'true' },
        { Key: 'deletion_protection.enabled', Value: protection },
        { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
      ]),
    });
  });

  test('is open on its two ports, and reaches the VPC only', () => {
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: [
        Match.objectLike({ FromPort: 80, ToPort: 80 }),
        Match.objectLike({ FromPort: 443, ToPort: 443 }),
      ],
      SecurityGroupEgress: [Match.objectLike({ CidrIp: '10.10.0.0/16' })],
    });
  });

  test('takes from the network what the network puts out', () => {
    const outputs = Object.keys(templateOf('network').toJSON().Outputs as object);
    const parameters = Object.keys(template.toJSON().Parameters as object);
    expect(parameters.sort()).toEqual([...networkOutputs].sort());
    expect(outputs).toEqual(expect.arrayContaining([...networkOutputs]));
  });
});
