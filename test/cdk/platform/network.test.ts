import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { allOf, configured, templateOf } from './props.ts';

interface Subnet {
  readonly CidrBlock: string;
  readonly MapPublicIpOnLaunch: boolean;
  readonly Tags: readonly { Key: string; Value: string }[];
}

const dev = templateOf('network', 'dev');
const production = templateOf('network', 'production');

/** The networks of a VPC's subnets by their names. */
function subnets(template: Template): Record<string, string> {
  const all = allOf(template, 'AWS::EC2::Subnet') as unknown as Subnet[];
  const named = all.map(({ CidrBlock, Tags }) => [Tags.find(({ Key }) => Key === 'Name')?.Value, CidrBlock]);
  return Object.fromEntries(named);
}

function facts(template: Template): Record<string, unknown> {
  const all = allOf(template, 'AWS::SSM::Parameter').map(({ Name, Value }) => [Name, Value]);
  return Object.fromEntries(all);
}

describe('subnets', () => {
  test('nine, by the plan, called by kind and zone', () => {
    expect(subnets(dev)).toEqual({
      'vendhost-dev-public-a': '10.10.0.0/20',
      'vendhost-dev-public-b': '10.10.16.0/20',
      'vendhost-dev-public-c': '10.10.32.0/20',
      'vendhost-dev-egress-a': '10.10.64.0/20',
      'vendhost-dev-egress-b': '10.10.80.0/20',
      'vendhost-dev-egress-c': '10.10.96.0/20',
      'vendhost-dev-isolated-a': '10.10.128.0/20',
      'vendhost-dev-isolated-b': '10.10.144.0/20',
      'vendhost-dev-isolated-c': '10.10.160.0/20',
    });
  });

  test('of a kind with a supernet of its own lie there, the others stay', () => {
    const changed = templateOf('network', 'dev', configured('dev', { subnets: { isolated: '10.10.192.0/22' } }));
    expect(subnets(changed)).toEqual({
      ...subnets(dev),
      'vendhost-dev-isolated-a': '10.10.192.0/24',
      'vendhost-dev-isolated-b': '10.10.193.0/24',
      'vendhost-dev-isolated-c': '10.10.194.0/24',
    });
    expect(facts(changed)).toMatchObject({
      '/vendhost/dev/isolated-cidr': '10.10.192.0/22',
      '/vendhost/dev/subnets/isolated-b/cidr': '10.10.193.0/24',
      '/vendhost/dev/egress-cidr': '10.10.64.0/18',
    });
  });

  test('give no public addresses by themselves', () => {
    const all = allOf(dev, 'AWS::EC2::Subnet') as unknown as Subnet[];
    expect(all.map(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch)).toEqual(Array(9).fill(false));
  });

  test("a kind's three lie in the region's first three zones", () => {
    const zones = Object.values(dev.findResources('AWS::EC2::Subnet')).map((each) => each.Properties.AvailabilityZone);
    const select = (index: number) => ({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] });
    expect(zones).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2].map(select));
  });
});

test('databases are in isolated subnets, by the one group that they may name', () => {
  expect(allOf(dev, 'AWS::RDS::DBSubnetGroup')).toMatchObject([
    {
      DBSubnetGroupName: 'vendhost-dev-network',
      SubnetIds: [1, 2, 3].map((zone) => `VpcisolatedSubnet${zone}Subnet`),
    },
  ]);
  expect(facts(dev)['/vendhost/dev/database-subnet-group']).toBe('DatabaseSubnets');
});

describe('facts of the network', () => {
  test('say where each kind and each subnet is', () => {
    expect(facts(dev)).toMatchObject({
      '/vendhost/dev/vpc-cidr': '10.10.0.0/16',
      '/vendhost/dev/public-cidr': '10.10.0.0/18',
      '/vendhost/dev/egress-cidr': '10.10.64.0/18',
      '/vendhost/dev/isolated-cidr': '10.10.128.0/18',
      '/vendhost/dev/egress-subnet-ids': 'VpcegressSubnet1Subnet,VpcegressSubnet2Subnet,VpcegressSubnet3Subnet',
      '/vendhost/dev/subnets/egress-c/id': 'VpcegressSubnet3Subnet',
      '/vendhost/dev/subnets/egress-c/cidr': '10.10.96.0/20',
      '/vendhost/dev/subnets/egress-c/zone': 'VpcegressSubnet3Subnet.AvailabilityZone',
    });
    const ofSubnets = Object.keys(facts(dev)).filter((fact) => fact.startsWith('/vendhost/dev/subnets/'));
    expect(ofSubnets).toHaveLength(27);
  });

  test('are written three at a time', () => {
    const all = Object.entries(dev.findResources('AWS::SSM::Parameter'));
    const waiting = all.map(([, { DependsOn }]) => DependsOn?.[0]);
    expect(waiting).toEqual([undefined, undefined, undefined, ...all.slice(0, -3).map(([id]) => id)]);
  });
});

describe('ways out', () => {
  test.each([
    ['dev', 'one in dev', {}, 1],
    ['production', 'one in each zone in production', {}, 3],
    ['dev', 'one in each zone where platform.yml says so', { nat: 'per-zone' }, 3],
    ['production', 'one where platform.yml says so', { nat: 'one' }, 1],
  ] as const)('NAT gateways of %s: %s', (environment, _, changes, expected) => {
    const template = templateOf('network', environment, configured(environment, changes));
    template.resourceCountIs('AWS::EC2::NatGateway', expected);
  });

  test('isolated subnets have none: six default routes for nine route tables', () => {
    production.resourceCountIs('AWS::EC2::RouteTable', 9);
    production.resourcePropertiesCountIs('AWS::EC2::Route', { DestinationCidrBlock: '0.0.0.0/0' }, 6);
  });

  test('in production every zone takes its own NAT gateway', () => {
    const routes = allOf(production, 'AWS::EC2::Route').filter((each) => 'NatGatewayId' in each);
    expect(routes.map(({ RouteTableId, NatGatewayId }) => [RouteTableId, NatGatewayId])).toEqual(
      [1, 2, 3].map((zone) => [`VpcegressSubnet${zone}RouteTable`, `VpcpublicSubnet${zone}NATGateway`]),
    );
  });

  test('S3 is reached from all nine without the NAT gateway', () => {
    const [endpoint] = allOf(dev, 'AWS::EC2::VPCEndpoint');
    expect(endpoint).toMatchObject({ VpcEndpointType: 'Gateway', ServiceName: 'com.amazonaws.AWS::Region.s3' });
    expect(endpoint?.RouteTableIds).toHaveLength(9);
  });
});

describe('flow logs', () => {
  test.each([
    ['rejected', 'REJECT'],
    ['all', 'ALL'],
  ] as const)('of %s traffic', (flow_logs, expected) => {
    const template = templateOf('network', 'dev', configured('dev', { flow_logs }));
    template.hasResourceProperties('AWS::EC2::FlowLog', {
      TrafficType: expected,
      ResourceType: 'VPC',
      Tags: Match.arrayWith([{ Key: 'Name', Value: 'vendhost-dev' }]),
    });
    template.hasResource('AWS::Logs::LogGroup', {
      DeletionPolicy: 'Delete',
      Properties: Match.objectLike({ LogGroupName: '/vendhost/dev/flow-logs', RetentionInDays: 14 }),
    });
  });

  test('none: no log group and no role either', () => {
    const template = templateOf('network', 'dev', configured('dev', { flow_logs: 'none' }));
    for (const type of ['AWS::EC2::FlowLog', 'AWS::Logs::LogGroup', 'AWS::IAM::Role']) {
      template.resourceCountIs(type, 0);
    }
  });

  test('the role, in full', () => {
    const roles = allOf(dev, 'AWS::IAM::Role').map(({ Tags, ...role }) => role);
    expect(roles).toEqual([
      {
        Description: 'Flow logs of the VPC of dev',
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'vpc-flow-logs.amazonaws.com' },
              Action: 'sts:AssumeRole',
              Condition: {
                StringEquals: { 'aws:SourceAccount': '111111111111' },
                ArnLike: { 'aws:SourceArn': 'arn:aws:ec2:eu-west-1:111111111111:vpc-flow-log/*' },
              },
            },
          ],
        },
        PermissionsBoundary: 'arn:aws:iam::111111111111:policy/vendhost-dev-service-boundary',
        Policies: [
          {
            PolicyName: 'write',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [
                {
                  Effect: 'Allow',
                  Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
                  Resource: 'FlowLogs.Arn',
                },
              ],
            },
          },
        ],
      },
    ]);
    dev.resourceCountIs('AWS::IAM::Policy', 0);
  });
});
