import { describe, expect, test } from 'vitest';
import { networkOutputs } from '../../../cdk/platform/network/network-stack.ts';
import { allOf, appWith, configured, templateIn, templateOf } from './props.ts';

const template = templateOf('balancer');
const listeners = allOf(template, 'AWS::ElasticLoadBalancingV2::Listener');
const listener = (port: number) => listeners.find(({ Port }) => Port === port);

function attributes(name: 'dev' | 'production') {
  const [balancer] = allOf(templateOf('balancer', name), 'AWS::ElasticLoadBalancingV2::LoadBalancer');
  const all = balancer?.LoadBalancerAttributes as { Key: string; Value: string }[];
  return Object.fromEntries(all.map(({ Key, Value }) => [Key, Value]));
}

describe('the load balancer', () => {
  test('has two listeners', () => {
    expect(listeners.map(({ Port }) => Port)).toEqual([80, 443]);
  });

  test('port 80 sends everyone to HTTPS for good', () => {
    expect(listener(80)).toMatchObject({
      Protocol: 'HTTP',
      DefaultActions: [
        { Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } },
      ],
    });
  });

  test('port 443 has the certificate, a current TLS policy, and answers 503 host not found', () => {
    expect(listener(443)).toMatchObject({
      Protocol: 'HTTPS',
      SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
      Certificates: [{ CertificateArn: 'arn:aws:acm:eu-west-1:111111111111:certificate/0c5f3a52' }],
      DefaultActions: [
        {
          Type: 'fixed-response',
          FixedResponseConfig: { StatusCode: '503', ContentType: 'text/plain', MessageBody: 'host not found' },
        },
      ],
    });
  });

  test('is public, in the public subnets', () => {
    expect(allOf(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer')).toEqual([
      expect.objectContaining({
        Name: 'vendhost-dev',
        Type: 'application',
        Scheme: 'internet-facing',
        Subnets: 'PublicSubnetIds',
      }),
    ]);
  });

  test.each([
    ['dev', '111111111111', 'false'],
    ['production', '333333333333', 'true'],
  ] as const)('in %s: its logs go to the log bucket, deletion protection is %s', (name, account, protection) => {
    expect(attributes(name)).toEqual({
      'access_logs.s3.enabled': 'true',
      'access_logs.s3.bucket': `vendhost-${name}-${account}-eu-west-1-logs`,
      'access_logs.s3.prefix': 'balancer',
      'deletion_protection.enabled': protection,
      'routing.http.drop_invalid_header_fields.enabled': 'true',
    });
  });

  test('takes from the network what the network puts out', () => {
    const outputs = Object.keys(templateOf('network').toJSON().Outputs as object);
    const parameters = Object.keys(template.toJSON().Parameters as object);
    expect(parameters.sort()).toEqual([...networkOutputs].sort());
    expect(outputs).toEqual(expect.arrayContaining([...networkOutputs]));
  });
});

describe('its security group', () => {
  const group = (from = template) => allOf(from, 'AWS::EC2::SecurityGroup')[0];

  test('lets everyone to its two ports', () => {
    expect(group()?.SecurityGroupIngress).toEqual(
      [80, 443].map((port) => ({
        IpProtocol: 'tcp',
        FromPort: port,
        ToPort: port,
        CidrIp: '0.0.0.0/0',
        Description: 'Visitors',
      })),
    );
  });

  test('reaches the egress subnets only, where the instances are', () => {
    expect(group()?.SecurityGroupEgress).toEqual([
      { IpProtocol: 'tcp', FromPort: 1, ToPort: 65535, CidrIp: '10.10.64.0/18', Description: 'Virtual hosts' },
    ]);
    const moved = configured('dev', { subnets: { egress: '10.10.192.0/18' } });
    expect(group(templateOf('balancer', 'dev', moved))?.SecurityGroupEgress).toEqual([
      expect.objectContaining({ CidrIp: '10.10.192.0/18' }),
    ]);
  });
});

describe('a second load balancer', () => {
  const app = appWith('dev', configured('dev', { load_balancers: 2 }));
  const first = templateIn(app, 'vendhost-dev-balancer');
  const second = templateIn(app, 'vendhost-dev-balancer-2');
  const facts = (from: typeof first) => allOf(from, 'AWS::SSM::Parameter').map(({ Name }) => Name);

  test('changes nothing of the first', () => {
    expect(first.toJSON()).toEqual(template.toJSON());
  });

  test('has a stack, a name and facts of its own', () => {
    expect(allOf(second, 'AWS::ElasticLoadBalancingV2::LoadBalancer')).toEqual([
      expect.objectContaining({ Name: 'vendhost-dev-2' }),
    ]);
    expect(facts(second)).toEqual([
      '/vendhost/dev/load-balancer-arn-2',
      '/vendhost/dev/load-balancer-dns-2',
      '/vendhost/dev/load-balancer-security-group-id-2',
      '/vendhost/dev/listener-arn-2',
    ]);
  });

  test('says no word about the domain: the first does', () => {
    const values = allOf(first, 'AWS::SSM::Parameter').map(({ Name, Value }) => [Name, Value]);
    expect(values).toContainEqual(['/vendhost/dev/domain', 'dev.example.com']);
  });
});
