"""Life-cycle hooks that CodeDeploy adds to Auto Scaling groups.

A new instance waits for the hook until it has software. CodeDeploy does not notice when somebody else removes it: then
new instances are in service without software.
https://docs.aws.amazon.com/codedeploy/latest/userguide/troubleshooting-auto-scaling.html
"""

from collections.abc import Iterable

from vendhost_cloud.codedeploy.store import Document
from vendhost_cloud.service_api import call


def change(before: Iterable[Document], after: Iterable[Document]) -> None:
    """Remove the hooks of groups that left a deployment group, and put those of its groups where they are not."""
    wanted = {one["name"]: one["hook"] for one in after}
    for one in before:
        if one["name"] not in wanted:
            key = {"AutoScalingGroupName": one["name"], "LifecycleHookName": one["hook"]}
            call("autoscaling", "DeleteLifecycleHook", key)
    for name, hook in wanted.items():
        request = {
            "AutoScalingGroupName": name,
            "LifecycleHookName": hook,
            "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
            "HeartbeatTimeout": 600,
            "DefaultResult": "ABANDON",
        }
        call("autoscaling", "PutLifecycleHook", request)


def is_there(group: Document) -> bool:
    """Whether the hook of a deployment group's entry is on its Auto Scaling group."""
    answer = call("autoscaling", "DescribeLifecycleHooks", {"AutoScalingGroupName": group["name"]})
    return any(one["LifecycleHookName"] == group["hook"] for one in answer["LifecycleHooks"])
