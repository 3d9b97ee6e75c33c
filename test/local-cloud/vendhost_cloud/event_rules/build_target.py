"""A rule's target that is a project of CodeBuild: the input is StartBuild's request, without the project.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
"""

from typing import Any

from vendhost_cloud.builds import operations
from vendhost_cloud.builds.service import call


def start(arn: str, given: dict[str, Any], rule: dict[str, Any]) -> None:
    token = operations.initiator.set(f"rule/{rule['Name']}")
    try:
        call("StartBuild", {**given, "projectName": arn.rpartition("/")[2]})
    finally:
        operations.initiator.reset(token)
