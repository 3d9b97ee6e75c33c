"""The launch hook that CodeDeploy keeps in the Auto Scaling groups of a deployment group, by its service role.

Without it new instances get no revision: a group that is made anew under the same name has none until the deployment
group is updated. https://docs.aws.amazon.com/codedeploy/latest/userguide/integrations-aws-auto-scaling.html
"""

from ministack.core.responses import get_account_id, get_region
from ministack.services import autoscaling

from vendhost_cloud.codedeploy.store import Document
from vendhost_cloud.errors import AwsError
from vendhost_cloud.roles import Role

SERVICE = "codedeploy.amazonaws.com"
_PREFIX = "CodeDeploy-managed-automatic-launch-deployment-hook"
_SECONDS = "600"


def named(auto_scaling_group: str) -> Document:
    """An Auto Scaling group as a deployment group shows it."""
    return {"name": auto_scaling_group, "hook": f"{_PREFIX}-{auto_scaling_group}"}


def keep(role: Role, wanted: list[Document], former: list[Document]) -> None:
    """Put the hooks of a deployment group's Auto Scaling groups in place, and take those of former ones away."""
    for one in wanted:
        if not stands(one):
            _require(role, "PutLifecycleHook", one)
            record = autoscaling._hook_record(one["name"], one["hook"], {"HeartbeatTimeout": _SECONDS})
            autoscaling._hooks[_key(one)] = record
    drop(role, [one for one in former if one not in wanted])


def drop(role: Role, former: list[Document]) -> list[Document]:
    """Take hooks away; those that the role may not delete."""
    left: list[Document] = []
    for one in former:
        try:
            if stands(one):
                _require(role, "DeleteLifecycleHook", one)
        except AwsError:
            left.append(one)
        else:
            autoscaling._hooks.pop(_key(one), None)
    return left


def stands(one: Document) -> bool:
    """Whether the Auto Scaling group has the hook."""
    return _key(one) in autoscaling._hooks


def may_complete(role: Role, one: Document) -> bool:
    """Whether CodeDeploy may tell Auto Scaling that an instance is ready."""
    try:
        role.require("autoscaling:CompleteLifecycleAction", _arn(one["name"]))
    except AwsError:
        return False
    return True


def _require(role: Role, operation: str, one: Document) -> None:
    try:
        role.require(f"autoscaling:{operation}", _arn(one["name"]))
    except AwsError as error:
        raise AwsError(
            "InvalidRoleException",
            f"The service role {role.arn} does not have permission to perform the following operation: "
            f"autoscaling:{operation}. {error.message}",
        ) from error


def _arn(name: str) -> str:
    record = autoscaling._asgs.get(name)
    unknown = f"arn:aws:autoscaling:{get_region()}:{get_account_id()}:autoScalingGroup:*:autoScalingGroupName/{name}"
    return str(record["AutoScalingGroupARN"]) if record else unknown


def _key(one: Document) -> str:
    return f"{one['name']}/{one['hook']}"
