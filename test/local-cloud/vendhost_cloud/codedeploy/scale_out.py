"""New instances of an Auto Scaling group get the revision deployed last before they are in service.

CodeDeploy's lifecycle hook in the group (`hooks`) makes them wait; the loop of the Auto Scaling group asks here.
https://docs.aws.amazon.com/codedeploy/latest/userguide/integrations-aws-auto-scaling.html
"""

from typing import Literal

from vendhost_cloud.codedeploy import deployments, hooks, store
from vendhost_cloud.codedeploy.store import COMPLETED, Document
from vendhost_cloud.roles import Role

Verdict = Literal["wait", "serve", "give up"]


def welcome(auto_scaling_group: str, instance_id: str) -> Verdict:
    """What to do with a booted instance of a group; asked repeatedly, in its account and region.

    It may serve when every deployment group has put its last successful revision on it (or has none), and is given up
    when one of these deployments failed. While a deployment group is busy with another deployment, it waits: so it
    gets that one's revision when it succeeds, and no follow-up deployment is needed.
    """
    verdicts = [
        _welcome(group, hook, instance_id)
        for group in store.groups.values()
        for hook in group["autoScalingGroups"]
        if hook["name"] == auto_scaling_group and hooks.stands(hook)
    ]
    for verdict in ("give up", "wait"):
        if verdict in verdicts:
            return verdict
    return "serve"


def _welcome(group: Document, hook: Document, instance_id: str) -> Verdict:
    with store.lock:
        deployment: Document | None = group["_launches"].get(instance_id)
        if deployment is None:
            if store.active(group):
                return "wait"
            revision: Document | None = group.get("targetRevision")
            if revision is None:
                return _complete(group, hook)
            deployment = deployments.start(group, revision, creator="autoscaling", only=[instance_id])
            group["_launches"][instance_id] = deployment
    if deployment["status"] not in COMPLETED:
        return "wait"
    return _complete(group, hook) if deployment["status"] == "Succeeded" else "give up"


def _complete(group: Document, hook: Document) -> Verdict:
    """Without the right to complete the hook, it ends with its default result, ABANDON; here at once."""
    role = Role(group["serviceRoleArn"], hooks.SERVICE)
    return "serve" if hooks.may_complete(role, hook) else "give up"
