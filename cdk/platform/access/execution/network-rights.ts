import type { Right } from '../../../role.ts';
import type { PlatformScope } from '../platform-scope.ts';

/**
 * The VPC and all in it, and the load balancers' security groups. The ids are AWS's to give, so tags tell what is whose:
 * of its environment and its layer, which no tenant's thing is. Which kinds an action is about, and which know tags:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
export function networkRights(scope: PlatformScope): Right[] {
  // CloudFormation gives some kinds their tags only after it made them; only what has them can be changed.
  const making = scope.taggingSoon('network', 'balancer');
  const made = 'Ids do not exist yet; what is made gets the tags.';
  return [
    {
      sid: 'Look',
      actions: [
        'cloudtrail:DescribeTrails',
        'ec2:Describe*',
        // ELB asks for it when it makes a load balancer or gives it other groups.
        'ec2:GetSecurityGroupsForVpc',
        'elasticloadbalancing:Describe*',
        'kms:ListAliases',
        'logs:DescribeIndexPolicies',
        'logs:DescribeLogGroups',
        'logs:DescribeResourcePolicies',
        'ssm:DescribeParameters',
      ],
      resources: ['*'],
      because: 'Reads that AWS grants for all resources or none.',
    },
    {
      sid: 'MakeVpc',
      actions: ['ec2:CreateVpc'],
      resources: scope.ec2('vpc'),
      when: making,
      because: made,
    },
    {
      sid: 'MakeParts',
      actions: ['ec2:AllocateAddress', 'ec2:CreateInternetGateway', 'ec2:CreateRouteTable', 'ec2:CreateSubnet'],
      resources: scope.ec2('elastic-ip', 'internet-gateway', 'route-table', 'subnet'),
      when: making,
      because: made,
    },
    {
      sid: 'MakeOnParts',
      actions: ['ec2:CreateFlowLogs', 'ec2:CreateNatGateway', 'ec2:CreateSecurityGroup', 'ec2:CreateVpcEndpoint'],
      resources: scope.ec2('natgateway', 'security-group', 'vpc-endpoint', 'vpc-flow-log'),
      when: making,
      because: made,
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
      when: scope.tagged('network'),
      because: "In the environment's VPC and in no other.",
    },
    {
      sid: 'Tag',
      actions: ['ec2:CreateTags'],
      resources: scope.ec2('*'),
      when: scope.claiming('network', 'balancer'),
      because: "Only what is the platform's, or nobody's as yet.",
    },
    {
      sid: 'ChangeNetwork',
      actions: [
        'ec2:AssociateRouteTable',
        'ec2:AttachInternetGateway',
        // A route or an association has no tags: the route table's count.
        'ec2:CreateRoute',
        // An update may send only the tags that changed, which are not always those that tell whose it is.
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
      when: scope.tagged('network', 'balancer'),
      because: "Only what carries the platform's tags.",
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
      resources: scope.ec2('security-group', 'security-group-rule'),
      // CloudFormation may write a group's first rules before its tags, and a rule has none.
      when: scope.taggedSoon('network', 'balancer'),
      because: "Not the tenants' groups: they carry the tags of their layers.",
    },
  ];
}
