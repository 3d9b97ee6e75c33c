"""The state of CodeDeploy, per account and region, in the shapes of its API.

Members whose name starts with an underscore are ours; they never leave the process.
"""

import random
import re
import string
import threading
from typing import Any

from ministack.core.responses import AccountRegionScopedDict

from vendhost_cloud.errors import AwsError

Document = dict[str, Any]

lock = threading.RLock()
"""Held while a change depends on what it read."""

applications = AccountRegionScopedDict()
"""Name -> application; `_revisions` holds its registered revisions, newest last."""

groups = AccountRegionScopedDict()
"""(application, group name) -> deployment group; `_launches`: instance id -> its first deployment."""

configs = AccountRegionScopedDict()
deployments = AccountRegionScopedDict()
"""Id -> deployment; `_targets` (instance id -> target), `_stop` (event)."""

tags = AccountRegionScopedDict()
"""ARN -> {key: value}."""

COMPLETED = ("Succeeded", "Failed", "Stopped")


def application(name: str) -> Document:
    found: Document | None = applications.get(name)
    if found is None:
        raise AwsError("ApplicationDoesNotExistException", f"No application found for name: {name}")
    return found


def group(application_name: str, name: str) -> Document:
    application(application_name)
    found: Document | None = groups.get((application_name, name))
    if found is None:
        raise AwsError("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
    return found


def deployment(deployment_id: str) -> Document:
    if not re.fullmatch(r"d-[A-Z0-9]{9}", deployment_id):
        raise AwsError("InvalidDeploymentIdException", f"Invalid deployment ID: {deployment_id}")
    found: Document | None = deployments.get(deployment_id)
    if found is None:
        raise AwsError(
            "DeploymentDoesNotExistException",
            f"The deployment {deployment_id} could not be found",
        )
    return found


def active(group_record: Document) -> Document | None:
    """The deployment that keeps the group busy (deployments to new instances do not)."""
    for found in deployments.values():
        if found["_group"] is group_record and found["status"] not in COMPLETED and found["creator"] != "autoscaling":
            return dict(found)
    return None


def new_deployment_id() -> str:
    letters = random.choices(string.ascii_uppercase + string.digits, k=9)
    return "d-" + "".join(letters)


def reset() -> None:
    """Forget everything; running deployments stop at their next step."""
    for found in list(deployments.all_values()):
        found["_stop"].set()
    for held in (applications, groups, configs, deployments, tags):
        held.clear()
