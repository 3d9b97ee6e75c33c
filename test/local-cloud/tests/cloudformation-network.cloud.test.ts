import {
  DescribeAddressesCommand,
  DescribeFlowLogsCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkAclsCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';
import { att, ref, subnet, vpc } from './resources.ts';

const { endpoint } = inject('localCloud');
const account = '610000000001';
const config = clientConfig(endpoint, account);
const stacks = new Stacks(clientConfig(endpoint, account));

describe('networks', () => {
  const ec2 = new EC2Client(config);
  const network = (tag: string) => ({
    resources: {
      Vpc: vpc,
      Subnet: subnet('10.7.1.0/24'),
      Address: { Type: 'AWS::EC2::EIP', Properties: { Domain: 'vpc', Tags: [{ Key: 'role', Value: tag }] } },
      Nat: {
        Type: 'AWS::EC2::NatGateway',
        Properties: {
          SubnetId: ref('Subnet'),
          AllocationId: att('Address', 'AllocationId'),
          Tags: [{ Key: 'role', Value: tag }],
        },
      },
      RouteTable: { Type: 'AWS::EC2::RouteTable', Properties: { VpcId: ref('Vpc') } },
      Route: {
        Type: 'AWS::EC2::Route',
        Properties: {
          RouteTableId: ref('RouteTable'),
          DestinationCidrBlock: '0.0.0.0/0',
          NatGatewayId: ref('Nat'),
        },
      },
      FlowLog: {
        Type: 'AWS::EC2::FlowLog',
        Properties: {
          ResourceId: ref('Vpc'),
          ResourceType: 'VPC',
          TrafficType: 'REJECT',
          LogDestinationType: 's3',
          LogDestination: 'arn:aws:s3:::flow-logs',
          Tags: [{ Key: 'role', Value: tag }],
        },
      },
    },
    outputs: {
      Address: ref('Address'),
      Allocation: att('Address', 'AllocationId'),
      Nat: ref('Nat'),
      NatId: att('Nat', 'NatGatewayId'),
      FlowLog: ref('FlowLog'),
    },
  });

  test('address, NAT gateway and flow log live and die with their stack', async () => {
    const { status, outputs } = await stacks.create('network', network('first'));
    expect(status).toBe('CREATE_COMPLETE');
    expect(outputs.Nat).toBe(outputs.NatId);

    const addresses = await ec2.send(new DescribeAddressesCommand({ AllocationIds: [String(outputs.Allocation)] }));
    expect(addresses.Addresses?.[0]).toMatchObject({ PublicIp: outputs.Address, Domain: 'vpc' });
    const nats = await ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [String(outputs.Nat)] }));
    expect(nats.NatGateways?.[0]).toMatchObject({
      State: 'available',
      NatGatewayAddresses: [{ AllocationId: outputs.Allocation, PublicIp: outputs.Address }],
    });
    const logs = await ec2.send(new DescribeFlowLogsCommand({ FlowLogIds: [String(outputs.FlowLog)] }));
    expect(logs.FlowLogs?.[0]).toMatchObject({ TrafficType: 'REJECT', LogDestination: 'arn:aws:s3:::flow-logs' });

    const updated = await stacks.update('network', network('second'));
    expect(updated).toMatchObject({ status: 'UPDATE_COMPLETE', outputs });
    const retagged = await ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [String(outputs.Nat)] }));
    expect(retagged.NatGateways?.[0]?.Tags).toContainEqual({ Key: 'role', Value: 'second' });

    expect((await stacks.delete('network')).status).toBe('DELETE_COMPLETE');
    const after = await ec2.send(new DescribeAddressesCommand({ AllocationIds: [String(outputs.Allocation)] }));
    expect(after.Addresses).toEqual([]);
    const gone = await ec2.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [String(outputs.Nat)] }));
    expect(gone.NatGateways?.[0]?.State).toBe('deleted');
  });

  test('a NAT gateway for an unknown address fails the stack, which rolls back', async () => {
    const { resources } = network('broken');
    const result = await stacks.create('broken-network', {
      resources: {
        ...resources,
        Nat: {
          Type: 'AWS::EC2::NatGateway',
          Properties: { SubnetId: ref('Subnet'), AllocationId: 'eipalloc-none' },
        },
      },
    });
    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(result.failures.join()).toContain('eipalloc-none');
  });

  test('rules apart from their group: added, described, replaced, refused when double', async () => {
    const groups = (port: number, description: string) => ({
      Vpc: vpc,
      Balancer: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: { GroupDescription: 'balancer', VpcId: ref('Vpc') },
      },
      Hosts: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: {
          GroupDescription: 'hosts',
          VpcId: ref('Vpc'),
          SecurityGroupEgress: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' }],
        },
      },
      In: {
        Type: 'AWS::EC2::SecurityGroupIngress',
        Properties: {
          GroupId: att('Hosts', 'GroupId'),
          IpProtocol: 'tcp',
          FromPort: port,
          ToPort: port,
          SourceSecurityGroupId: att('Balancer', 'GroupId'),
          Description: description,
        },
      },
      Out: {
        Type: 'AWS::EC2::SecurityGroupEgress',
        Properties: {
          GroupId: att('Balancer', 'GroupId'),
          IpProtocol: 'tcp',
          FromPort: port,
          ToPort: port,
          DestinationSecurityGroupId: att('Hosts', 'GroupId'),
        },
      },
    });
    const outputs = { Hosts: att('Hosts', 'GroupId'), Rule: ref('In') };
    const rules = async (group: string | undefined) => {
      const filter = { Filters: [{ Name: 'group-id', Values: [String(group)] }] };
      const { SecurityGroupRules } = await ec2.send(new DescribeSecurityGroupRulesCommand(filter));
      return (SecurityGroupRules ?? []).filter(({ IsEgress }) => !IsEgress);
    };

    const created = await stacks.create('rules', { resources: groups(8080, 'app'), outputs });
    expect(created.status).toBe('CREATE_COMPLETE');
    expect(await rules(created.outputs.Hosts)).toMatchObject([
      { SecurityGroupRuleId: created.outputs.Rule, FromPort: 8080, Description: 'app' },
    ]);

    const described = await stacks.update('rules', { resources: groups(8080, 'the app'), outputs });
    expect(described).toMatchObject({ status: 'UPDATE_COMPLETE', outputs: created.outputs });
    expect(await rules(created.outputs.Hosts)).toMatchObject([{ FromPort: 8080, Description: 'the app' }]);

    const replaced = await stacks.update('rules', { resources: groups(9090, 'app'), outputs });
    expect(replaced.outputs.Rule).not.toBe(created.outputs.Rule);
    expect(await rules(created.outputs.Hosts)).toMatchObject([{ FromPort: 9090 }]);

    const twice = { ...groups(9090, 'app'), Again: { ...groups(9090, 'again').In, DependsOn: 'In' } };
    const refused = await stacks.update('rules', { resources: twice, outputs });
    expect(refused.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(refused.failures.join()).toContain('Duplicate');
    expect(await rules(created.outputs.Hosts)).toMatchObject([{ FromPort: 9090 }]);

    expect((await stacks.delete('rules')).status).toBe('DELETE_COMPLETE');
  });

  test('a network ACL with an entry and a subnet', async () => {
    const { status, outputs } = await stacks.create('acl', {
      resources: {
        Vpc: vpc,
        Subnet: subnet('10.7.2.0/24'),
        Acl: { Type: 'AWS::EC2::NetworkAcl', Properties: { VpcId: ref('Vpc') } },
        Entry: {
          Type: 'AWS::EC2::NetworkAclEntry',
          Properties: {
            NetworkAclId: ref('Acl'),
            RuleNumber: 100,
            Protocol: 6,
            RuleAction: 'deny',
            CidrBlock: '192.0.2.0/24',
            PortRange: { From: 22, To: 22 },
          },
        },
        Guard: {
          Type: 'AWS::EC2::SubnetNetworkAclAssociation',
          Properties: { NetworkAclId: ref('Acl'), SubnetId: ref('Subnet') },
        },
      },
      outputs: { Acl: ref('Acl'), Subnet: ref('Subnet') },
    });
    expect(status).toBe('CREATE_COMPLETE');
    const { NetworkAcls } = await ec2.send(new DescribeNetworkAclsCommand({ NetworkAclIds: [String(outputs.Acl)] }));
    expect(NetworkAcls?.[0]).toMatchObject({
      Entries: [{ RuleNumber: 100, RuleAction: 'deny', CidrBlock: '192.0.2.0/24', PortRange: { From: 22, To: 22 } }],
      Associations: [{ SubnetId: outputs.Subnet }],
    });
    expect((await stacks.delete('acl')).status).toBe('DELETE_COMPLETE');
  });
});
