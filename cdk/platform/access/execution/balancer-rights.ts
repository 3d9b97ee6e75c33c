import { names } from '../../../../scripts/config/names.ts';
import type { Right } from '../../../role.ts';
import type { PlatformScope } from '../platform-scope.ts';

/** Load balancers and their listeners, by name. Rules and target groups belong to the tenants. */
export function balancerRights(scope: PlatformScope): Right[] {
  const balancers = scope.numbered(names.loadBalancer);
  const arns = (kind: string) => balancers.map((name) => scope.arn('elasticloadbalancing', `${kind}/app/${name}/*`));
  const service = 'elasticloadbalancing.amazonaws.com';
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
      sid: 'BalancerServiceRole',
      actions: ['iam:CreateServiceLinkedRole'],
      resources: [scope.globalArn('iam', `role/aws-service-role/${service}/AWSServiceRoleForElasticLoadBalancing`)],
      when: { StringEquals: { 'iam:AWSServiceName': service } },
    },
  ];
}
