"""The target groups of an Auto Scaling group: https://docs.aws.amazon.com/autoscaling/ec2/userguide/attach-load-balancer-asg.html"""

from ministack.services import alb

from vendhost_cloud.auto_scaling.members import Group
from vendhost_cloud.errors import AwsError


def attach(group: Group, arns: list[str]) -> None:
    """Attach these besides those it has; its members are registered by the loop."""
    if any(alb._tgs.get(arn) is None for arn in arns):
        raise AwsError(
            "ValidationError", "Provided Target Groups may not be valid. Please ensure they exist and try again."
        )
    put(group, [*group.get("TargetGroupARNs", []), *arns])


def put(group: Group, arns: list[str]) -> None:
    """Attach exactly these: members are deregistered from a target group that the group leaves."""
    members = {member["InstanceId"] for member in group["Instances"]}
    for arn in set(group.get("TargetGroupARNs", [])) - set(arns):
        if arn in alb._targets:
            alb._targets[arn] = [one for one in alb._targets[arn] if one["Id"] not in members]
    group["TargetGroupARNs"] = list(dict.fromkeys(arns))
