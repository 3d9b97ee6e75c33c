import { names } from '../../../../scripts/config/names.ts';
import type { Right } from '../../../role.ts';
import type { PlatformScope } from '../platform-scope.ts';

/**
 * The VPC and everything in it, and the load balancers' security groups. AWS chooses the ids, so the conditions are tags: of
 * the environment and the layer, which no resource of a tenant has. The resource types and condition keys of each action:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
export function networkRights(scope: PlatformScope): Right[] {
  // CloudFormation tags some resources only after it has created them; without the tags they cannot be changed.
  const creating = scope.requestTagsIfPresent('network', 'balancer');
  const newIds = 'The ids do not exist yet; the new resource gets the tags.';
  return [
    {
      sid: 'Look',
      actions: [
        'cloudtrail:DescribeTrails',
        'ec2:Describe*',
        // ELB checks this permission when it creates a load balancer or changes its security groups.
        'ec2:GetSecurityGroupsForVpc',
        'elasticloadbalancing:Describe*',
        'kms:ListAliases',
        'logs:Describe*',
        'rds:Describe*',
        'ssm:DescribeParameters',
      ],
      resources: ['*'],
      because: 'AWS grants these reads for all resources or for none.',
    },
    {
      sid: 'MakeVpc',
      actions: ['ec2:CreateVpc'],
      resources: scope.ec2('vpc'),
      when: creating,
      because: newIds,
    },
    {
      sid: 'MakeParts',
      actions: ['ec2:AllocateAddress', 'ec2:CreateInternetGateway', 'ec2:CreateRouteTable', 'ec2:CreateSubnet'],
      resources: scope.ec2('elastic-ip', 'internet-gateway', 'route-table', 'subnet'),
      when: creating,
      because: newIds,
    },
    {
      sid: 'MakeOnParts',
      actions: ['ec2:CreateFlowLogs', 'ec2:CreateNatGateway', 'ec2:CreateSecurityGroup', 'ec2:CreateVpcEndpoint'],
      resources: scope.ec2('natgateway', 'security-group', 'vpc-endpoint', 'vpc-flow-log'),
      when: creating,
      because: newIds,
    },
    {
      sid: 'MakeInside',
      actions: [
        'ec2:CreateFlowLogs',
        'ec2:CreateNatGateway',
        'ec2:CreateRouteTable',
        'ec2:CreateSecurityGroup',
        'ec2:CreateSubnet',
        'ec2:CreateVpcEndpoint',
      ],
      resources: scope.ec2('elastic-ip', 'route-table', 'subnet', 'vpc'),
      when: scope.resourceTags('network'),
      because: "Only in the environment's VPC.",
    },
    {
      sid: 'Tag',
      actions: ['ec2:CreateTags'],
      resources: scope.ec2('*'),
      when: scope.takeUntagged('network', 'balancer'),
      because: 'Only resources of the platform, or without an owner yet.',
    },
    {
      sid: 'ChangeNetwork',
      actions: [
        'ec2:AssociateRouteTable',
        'ec2:AttachInternetGateway',
        // Routes and associations have no tags; the condition is on the route table.
        'ec2:CreateRoute',
        // An update may send only the changed tags, which need not be the environment's and the layer's.
        'ec2:CreateTags',
        'ec2:DeleteFlowLogs',
        'ec2:DeleteInternetGateway',
        'ec2:DeleteNatGateway',
        'ec2:DeleteRoute',
        'ec2:DeleteRouteTable',
        'ec2:DeleteSubnet',
        'ec2:DeleteTags',
        'ec2:DeleteVpc',
        'ec2:DeleteVpcEndpoints',
        'ec2:DetachInternetGateway',
        'ec2:DisassociateAddress',
        'ec2:DisassociateRouteTable',
        'ec2:ModifySubnetAttribute',
        'ec2:ModifyVpcAttribute',
        'ec2:ModifyVpcEndpoint',
        'ec2:ReleaseAddress',
        'ec2:ReplaceRoute',
        'ec2:ReplaceRouteTableAssociation',
      ],
      resources: scope.ec2('*'),
      when: scope.resourceTags('network', 'balancer'),
      because: "Only resources with the platform's tags.",
    },
    {
      sid: 'ChangeGroups',
      actions: [
        'ec2:AuthorizeSecurityGroupEgress',
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:DeleteSecurityGroup',
        'ec2:RevokeSecurityGroupEgress',
        'ec2:RevokeSecurityGroupIngress',
        'ec2:UpdateSecurityGroupRuleDescriptions*',
      ],
      resources: scope.ec2('security-group'),
      // CloudFormation tags a group in the call that creates it: `tagOnCreate` in the schema of AWS::EC2::SecurityGroup.
      when: scope.resourceTags('network', 'balancer'),
      because: "Only groups with the platform's tags.",
    },
    {
      sid: 'DatabaseSubnets',
      actions: [
        'rds:AddTagsToResource',
        'rds:CreateDBSubnetGroup',
        'rds:DeleteDBSubnetGroup',
        'rds:ListTagsForResource',
        'rds:ModifyDBSubnetGroup',
        'rds:RemoveTagsFromResource',
      ],
      resources: [scope.arn('rds', `subgrp:${names.databaseSubnets(scope.environment)}`)],
    },
    {
      sid: 'NewRules',
      actions: ['ec2:AuthorizeSecurityGroupEgress', 'ec2:AuthorizeSecurityGroupIngress'],
      resources: scope.ec2('security-group-rule'),
      because: "A rule has no id before it is created; ChangeGroups requires that its group is the platform's.",
    },
  ];
}
