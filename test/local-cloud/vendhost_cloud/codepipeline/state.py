"""GetPipelineState: the execution in each stage and the status of each action."""

from vendhost_cloud.codepipeline import store
from vendhost_cloud.codepipeline.store import Document


def get(request: Document) -> Document:
    with store.changed:
        record = store.pipeline(request["name"])
        given = record["declaration"]
        return {
            "pipelineName": given["name"],
            "pipelineVersion": given["version"],
            "created": record["created"],
            "updated": record["updated"],
            "stageStates": [_stage(record["stages"][stage["name"]], stage) for stage in given["stages"]],
        }


def _stage(stage: Document, declared: Document) -> Document:
    waiting = [
        {"pipelineExecutionId": one["pipelineExecutionId"], "status": "InProgress", "type": "STANDARD"}
        for one in stage["waiting"]
    ]
    shown: Document = {
        "stageName": stage["name"],
        "inboundExecutions": waiting,
        "inboundExecution": waiting[0] if waiting else None,
        "inboundTransitionState": stage["transition"],
        "actionStates": [_action(stage, action["name"]) for action in declared["actions"]],
    }
    latest = stage["latest"]
    if latest is not None:
        execution_id = latest["pipelineExecutionId"]
        shown["latestExecution"] = {
            "pipelineExecutionId": execution_id,
            "status": stage["outcome"][execution_id],
            "type": "STANDARD",
        }
    return shown


def _action(stage: Document, name: str) -> Document:
    done = stage["actions"].get(name)
    if done is None:
        return {"actionName": name}
    result = done["output"].get("executionResult") or {}
    shown: Document = {
        "actionName": name,
        "latestExecution": {
            "actionExecutionId": done["actionExecutionId"],
            "status": done["status"],
            "summary": result.get("externalExecutionSummary"),
            "lastStatusChange": done["lastUpdateTime"],
            "token": done.get("_token"),
            "lastUpdatedBy": done.get("updatedBy"),
            "externalExecutionId": result.get("externalExecutionId"),
            "externalExecutionUrl": result.get("externalExecutionUrl"),
            "errorDetails": result.get("errorDetails"),
        },
    }
    revision = done.get("_revision")
    if revision:
        shown["currentRevision"] = {
            "revisionId": revision["revisionId"],
            "revisionChangeId": revision["revisionId"],
            "created": revision["created"],
        }
        shown["revisionUrl"] = revision["revisionUrl"]
    return shown
