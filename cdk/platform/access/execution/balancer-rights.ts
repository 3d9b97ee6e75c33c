import { names } from '../../../../scripts/config/names.ts';
import type { Right } from '../../../role.ts';
import type { PlatformScope } from '../platform-scope.ts';

/** Load balancers and their listeners, by name. Rules and target groups belong to the tenants. */
export function balancerRights(scope: PlatformScope): Right[] {
  const balancers = scope.numbered(names.loadBalancer);
  const arns = (kind: string) => balancers.map((name) => scope.arn('elasticloadbalancing', `${kind}/app/${name}/*`));
  return [
    {
      sid: 'Balancers',
      actions: [
        'elasticloadbalancing:AddTags',
        'elasticloadbalancing:CreateListener',
        'elasticloadbalancing:CreateLoadBalancer',
        'elasticloadbalancing:DeleteListener',
        'elasticloadbalancing:DeleteLoadBalancer',
        'elasticloadbalancing:ModifyListener',
        'elasticloadbalancing:ModifyListenerAttributes',
        'elasticloadbalancing:ModifyLoadBalancerAttributes',
        'elasticloadbalancing:RemoveTags',
        'elasticloadbalancing:SetIpAddressType',
        'elasticloadbalancing:SetSecurityGroups',
        'elasticloadbalancing:SetSubnets',
      ],
      resources: [...arns('loadbalancer'), ...arns('listener')],
      because: "The environment's load balancers and listeners; their ARNs end in ids that AWS chooses.",
    },
    {
      sid: 'LinkedRoles',
      actions: ['iam:CreateServiceLinkedRole'],
      resources: [scope.globalArn('iam', 'role/aws-service-role/*')],
      when: {
        StringEquals: { 'iam:AWSServiceName': ['elasticloadbalancing.amazonaws.com', 'rds.amazonaws.com'] },
      },
      because: 'Roles that AWS defines, which an account gets with its first load balancer and DB subnet group.',
    },
  ];
}
