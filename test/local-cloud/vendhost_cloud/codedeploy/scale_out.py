"""New instances of an Auto Scaling group get the revision deployed last before they are in service.

AWS adds a lifecycle hook to the group for this; here the loop of the Auto Scaling group asks, as long as the hook is
there.
https://docs.aws.amazon.com/codedeploy/latest/userguide/integrations-aws-auto-scaling.html
"""

from typing import Literal

from vendhost_cloud.codedeploy import deployments, hooks, store
from vendhost_cloud.codedeploy.store import COMPLETED, Document

Verdict = Literal["wait", "serve", "give up"]


def welcome(auto_scaling_group: str, instance_id: str) -> Verdict:
    """What to do with a booted instance of a group; asked repeatedly, in its account and region.

    It may serve when every deployment group has put its last successful revision on it (or has none), and is given up
    when one of these deployments failed. While a deployment group is busy with another deployment, it waits: so it
    gets that one's revision when it succeeds, and no follow-up deployment is needed.
    """
    verdicts = [
        _welcome(group, instance_id)
        for group in store.groups.values()
        if any(one["name"] == auto_scaling_group and hooks.is_there(one) for one in group["autoScalingGroups"])
    ]
    for verdict in ("give up", "wait"):
        if verdict in verdicts:
            return verdict
    return "serve"


def _welcome(group: Document, instance_id: str) -> Verdict:
    with store.lock:
        deployment: Document | None = group["_launches"].get(instance_id)
        if deployment is None:
            if store.active(group):
                return "wait"
            revision: Document | None = group.get("targetRevision")
            if revision is None:
                return "serve"
            deployment = deployments.start(group, revision, creator="autoscaling", only=[instance_id])
            group["_launches"][instance_id] = deployment
    if deployment["status"] not in COMPLETED:
        return "wait"
    return "serve" if deployment["status"] == "Succeeded" else "give up"
