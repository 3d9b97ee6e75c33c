"""The state of CodePipeline, per account and region, in the shapes of its API.

Members whose name starts with an underscore are ours; they never leave the process.
"""

import threading
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from vendhost_cloud.errors import AwsError

Document = dict[str, Any]

changed = threading.Condition(threading.RLock())
"""Held for every change; notified after every change an execution may wait for."""

pipelines = AccountRegionScopedDict()
"""Name -> record: `declaration`, `created`, `updated`, `tags`, `stages` (name -> stage record)."""

executions = AccountRegionScopedDict()
"""Id -> execution; `_pipeline` record, `_actions` (every action execution, oldest first), …"""

RUNNING = ("InProgress", "Stopping")


def pipeline(name: str) -> Document:
    found: Document | None = pipelines.get(name)
    if found is None:
        raise AwsError(
            "PipelineNotFoundException",
            f"Account '{get_account_id()}' does not have a pipeline with name '{name}'",
        )
    return found


def execution(pipeline_name: str, execution_id: str) -> Document:
    record = pipeline(pipeline_name)
    found: Document | None = executions.get(execution_id)
    if found is None or found["_pipeline"] is not record:
        raise AwsError(
            "PipelineExecutionNotFoundException",
            f"the pipeline {pipeline_name} has no execution {execution_id}",
        )
    return found


def executions_of(record: Document) -> list[Document]:
    """Newest first."""
    return [one for one in reversed(executions.values()) if one["_pipeline"] is record]


def arn(name: str) -> str:
    return f"arn:aws:codepipeline:{get_region()}:{get_account_id()}:{name}"


def arn_of_request(operation: str, request: Document, region: str, account: str) -> str:
    """The resource that IAM checks.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodepipeline.html
    """
    if "resourceArn" in request:
        return str(request["resourceArn"])
    name = request.get("pipelineName") or request.get("name") or (request.get("pipeline") or {}).get("name")
    if not name:
        return "*"
    parts = [name]
    if operation in ("PutApprovalResult", "RetryStageExecution", "EnableStageTransition", "DisableStageTransition"):
        parts.append(request["stageName"])
    if operation == "PutApprovalResult":
        parts.append(request["actionName"])
    return f"arn:aws:codepipeline:{region}:{account}:{'/'.join(parts)}"


def reset() -> None:
    """Forget everything; running executions end at their next step."""
    with changed:
        for found in executions.all_values():
            found["_gone"].set()
        pipelines.clear()
        executions.clear()
        changed.notify_all()
