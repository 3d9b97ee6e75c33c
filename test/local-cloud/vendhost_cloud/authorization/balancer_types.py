"""What a role of CloudFormation needs for load balancers.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
"""

from vendhost_cloud.authorization.type_permissions import Arn, Call, Handlers, Resource, Table

_SERVICE = "elasticloadbalancing"


def _balancer(resource: Resource) -> str:
    """Its ARN; before it has one, with `*` in the place of the id AWS gives it."""
    name = resource.properties.get("Name", resource.generated_name)
    return resource.physical_id or resource.own(_SERVICE, f"loadbalancer/app/{name}/*")


def _balancer_of_listener(resource: Resource) -> str:
    return resource.text("LoadBalancerArn")


def _listener(resource: Resource) -> str:
    """`loadbalancer/app/NAME/ID` owns `listener/app/NAME/ID/*`."""
    return resource.physical_id or _balancer_of_listener(resource).replace(":loadbalancer/", ":listener/") + "/*"


def _tag_while(operation: str, arn: Arn) -> Call:
    return Call(
        "elasticloadbalancing:AddTags",
        arn,
        when=("Tags",),
        tagging=True,
        context=lambda _: {"elasticloadbalancing:CreateAction": operation},
    )


TYPES: Table = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Handlers(
        (
            Call("elasticloadbalancing:CreateLoadBalancer", _balancer, tagging=True),
            _tag_while("CreateLoadBalancer", _balancer),
            Call("elasticloadbalancing:ModifyLoadBalancerAttributes", _balancer, when=("LoadBalancerAttributes",)),
        ),
        (
            Call("elasticloadbalancing:SetSubnets", _balancer, when=("Subnets", "SubnetMappings")),
            Call("elasticloadbalancing:SetSecurityGroups", _balancer, when=("SecurityGroups",)),
            Call("elasticloadbalancing:SetIpAddressType", _balancer, when=("IpAddressType",)),
            Call("elasticloadbalancing:ModifyLoadBalancerAttributes", _balancer, when=("LoadBalancerAttributes",)),
            Call(
                "elasticloadbalancing:AddTags elasticloadbalancing:RemoveTags", _balancer, when=("Tags",), tagging=True
            ),
        ),
        (Call("elasticloadbalancing:DeleteLoadBalancer", _balancer),),
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Handlers(
        (
            Call("elasticloadbalancing:CreateListener", _balancer_of_listener, tagging=True),
            _tag_while("CreateListener", _listener),
            Call("elasticloadbalancing:ModifyListenerAttributes", _listener, when=("ListenerAttributes",)),
        ),
        (
            Call("elasticloadbalancing:ModifyListener", _listener),
            Call("elasticloadbalancing:ModifyListenerAttributes", _listener, when=("ListenerAttributes",)),
        ),
        (Call("elasticloadbalancing:DeleteListener", _listener),),
    ),
}
