"""Executions: started, shown, stopped, approved, retried."""

import re
import time
from contextvars import ContextVar

from ministack.core.iam_evaluator import caller_arn

from vendhost_cloud.codepipeline import declaration, pipelines, run, store
from vendhost_cloud.codepipeline.store import Document
from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.json_service import page

S3_OVERRIDES = ("S3_OBJECT_KEY", "S3_OBJECT_VERSION_ID")


trigger: ContextVar[Document | None] = ContextVar("vendhost_trigger", default=None)
"""What starts the execution, where it is no caller of StartPipelineExecution."""


def start(request: Document) -> Document:
    """StartPipelineExecution; the same client token gives the same execution."""
    token = request.get("clientRequestToken")
    if token is not None and not re.fullmatch(r"[A-Za-z0-9-]{1,128}", token):
        raise AwsError("ValidationException", f"not a client request token: {token}")
    with store.changed:
        record = store.pipeline(request["name"])
        known = [one for one in store.executions_of(record) if token and one["_token"] == token]
        if known:
            return {"pipelineExecutionId": known[0]["pipelineExecutionId"]}
        given = record["declaration"]
        execution = run.start(
            record,
            trigger=trigger.get() or {"triggerType": "StartPipelineExecution", "triggerDetail": caller_arn()},
            overrides=_overrides(given, request.get("sourceRevisions") or []),
            variables=_variables(given, request.get("variables") or []),
            token=token,
        )
    return {"pipelineExecutionId": execution["pipelineExecutionId"]}


def _overrides(given: Document, revisions: list[Document]) -> dict[str, dict[str, str]]:
    """Source action -> what replaces its key or version.

    https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-trigger-source-overrides.html
    """
    sources = {action["name"]: action for _, action in declaration.actions(given) if _is_source(action)}
    found: dict[str, dict[str, str]] = {}
    for revision in revisions:
        name, kind = revision["actionName"], revision["revisionType"]
        if name not in sources:
            raise AwsError("ValidationException", f"the pipeline {given['name']} has no source action {name}")
        if kind not in S3_OVERRIDES:
            raise AwsError("ValidationException", f"the S3 source action {name} cannot be overridden by {kind}")
        allowed = sources[name]["configuration"].get("AllowOverrideForS3ObjectKey") == "true"
        if kind == "S3_OBJECT_KEY" and not allowed:
            raise AwsError(
                "ValidationException",
                f"the source action {name} does not allow S3_OBJECT_KEY overrides: set AllowOverrideForS3ObjectKey "
                "to true in its configuration",
            )
        if kind in found.setdefault(name, {}):
            raise AwsError("ValidationException", f"two overrides of {kind} for the action {name}")
        found[name][kind] = revision["revisionValue"]
    return found


def _is_source(action: Document) -> bool:
    return bool(action["actionTypeId"]["category"] == "Source")


def _variables(given: Document, values: list[Document]) -> dict[str, str]:
    declared = {one["name"]: one.get("defaultValue") for one in given.get("variables") or []}
    for value in values:
        if value["name"] not in declared:
            raise AwsError("ValidationException", f"the pipeline declares no variable {value['name']}")
        declared[value["name"]] = value["value"]
    unset = sorted(name for name, value in declared.items() if not value)
    if unset:
        raise AwsError("ValidationException", f"variables without a value: {', '.join(unset)}")
    return {name: str(value) for name, value in declared.items()}


def get(request: Document) -> Document:
    return {"pipelineExecution": store.execution(request["pipelineName"], request["pipelineExecutionId"])}


def list_all(request: Document) -> Document:
    """Newest first; AWS keeps twelve months of them, which no local cloud lives for."""
    record = store.pipeline(request["pipelineName"])
    wanted = (request.get("filter") or {}).get("succeededInStage")
    stage = record["stages"].get(wanted["stageName"]) if wanted else None
    if wanted and stage is None:
        raise AwsError("ValidationException", f"the pipeline has no stage {wanted['stageName']}")
    found = [
        {
            **execution,
            "sourceRevisions": [
                {**revision, "actionName": revision["_action"]} for revision in execution["artifactRevisions"]
            ],
        }
        for execution in store.executions_of(record)
        if stage is None or _succeeded_in(stage, execution, record)
    ]
    summaries, token = page(found, request, 100)
    return {"pipelineExecutionSummaries": summaries, "nextToken": token}


def _succeeded_in(stage: Document, execution: Document, record: Document) -> bool:
    """In the present version of the pipeline.

    https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_SucceededInStageFilter.html
    """
    is_present = execution["pipelineVersion"] == record["declaration"]["version"]
    return bool(is_present and stage["outcome"].get(execution["pipelineExecutionId"]) == "Succeeded")


def list_actions(request: Document) -> Document:
    """Newest first."""
    wanted = request.get("filter") or {}
    if wanted.get("latestInPipelineExecution"):
        raise Unsupported("codepipeline:ListActionExecutions with latestInPipelineExecution")
    name = request["pipelineName"]
    if wanted.get("pipelineExecutionId"):
        chosen = [store.execution(name, wanted["pipelineExecutionId"])]
    else:
        chosen = store.executions_of(store.pipeline(name))
    found = [done for execution in chosen for done in reversed(execution["_actions"])]
    details, token = page(found, request, 100)
    return {"actionExecutionDetails": details, "nextToken": token}


def stop(request: Document) -> Document:
    with store.changed:
        execution = store.execution(request["pipelineName"], request["pipelineExecutionId"])
        how = "abandon" if request.get("abandon") else "wait"
        if execution["status"] not in store.RUNNING:
            raise AwsError(
                "PipelineExecutionNotStoppableException",
                f"the execution {execution['pipelineExecutionId']} is {execution['status']}",
            )
        if execution["_stop"] == how:
            raise AwsError("DuplicatedStopRequestException", "the execution is already being stopped")
        reason = request.get("reason")
        execution.update(
            status="Stopping",
            statusSummary=reason,
            stopTrigger={"reason": reason},
            lastUpdateTime=time.time(),
            _stop=how,
        )
        for stage in execution["_pipeline"]["stages"].values():
            if stage["holder"] is execution:
                stage["outcome"][execution["pipelineExecutionId"]] = "Stopping"
        store.changed.notify_all()
    return {"pipelineExecutionId": execution["pipelineExecutionId"]}


def put_approval(request: Document) -> Document:
    with store.changed:
        stage = pipelines.find_stage(store.pipeline(request["pipelineName"]), request["stageName"])
        done = stage["actions"].get(request["actionName"])
        if done is None or done["input"]["actionTypeId"]["category"] != "Approval":
            raise AwsError("ActionNotFoundException", f"no approval is pending in {request['actionName']}")
        if "_token" not in done:
            raise AwsError("ApprovalAlreadyCompletedException", "the approval is no longer pending")
        if done["_token"] != request["token"]:
            raise AwsError("InvalidApprovalTokenException", "the token is not that of the pending approval")
        now = time.time()
        del done["_token"]
        done.update(_result=request["result"], updatedBy=caller_arn(), lastUpdateTime=now)
        done["output"]["executionResult"] = {"externalExecutionSummary": request["result"]["summary"]}
        store.changed.notify_all()
    return {"approvedAt": now}


def retry_stage(request: Document) -> Document:
    """RetryStageExecution: the failed stage again, all its actions or those that did not succeed."""
    with store.changed:
        execution = store.execution(request["pipelineName"], request["pipelineExecutionId"])
        stage = pipelines.find_stage(execution["_pipeline"], request["stageName"])
        if stage["latest"] is not execution:
            raise AwsError("NotLatestPipelineExecutionException", "another execution has entered the stage since")
        outcome = stage["outcome"].get(execution["pipelineExecutionId"])
        if execution["status"] not in ("Failed", "Stopped") or outcome not in ("Failed", "Stopped"):
            raise AwsError("StageNotRetryableException", f"the stage {stage['name']} is {outcome}")
        finished = {
            name: done
            for name, done in stage["actions"].items()
            if request["retryMode"] == "FAILED_ACTIONS"
            and done["status"] == "Succeeded"
            and done["pipelineExecutionId"] == execution["pipelineExecutionId"]
        }
        execution["_stop"] = None
        run.resume(execution, stage["name"], finished)
    return {"pipelineExecutionId": execution["pipelineExecutionId"]}
