"""Running executions through the stages.

A stage holds one execution at a time. Of the others only the newest waits for it (SUPERSEDED), or all wait in order
(QUEUED): https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
"""

import itertools
import logging
import threading
import time
import uuid

from ministack.core.concurrency import spawn_background
from ministack.core.responses import get_account_id, get_region, request_scope

from vendhost_cloud.codepipeline import actions, store
from vendhost_cloud.codepipeline.store import Document

SERVICE = actions.SERVICE
WAIT_SECONDS = 0.2
log = logging.getLogger("vendhost")
_numbers = itertools.count(1)


def start(
    record: Document,
    *,
    trigger: Document,
    overrides: dict[str, dict[str, str]] | None = None,
    variables: dict[str, str] | None = None,
    token: str | None = None,
) -> Document:
    """Start an execution of the current version of the pipeline."""
    declaration = record["declaration"]
    now = time.time()
    execution: Document = {
        "pipelineName": declaration["name"],
        "pipelineVersion": declaration["version"],
        "pipelineExecutionId": str(uuid.uuid4()),
        "status": "InProgress",
        "startTime": now,
        "lastUpdateTime": now,
        "artifactRevisions": [],
        "trigger": trigger,
        "executionMode": declaration["executionMode"],
        "executionType": "STANDARD",
        "variables": [{"name": name, "resolvedValue": value} for name, value in (variables or {}).items()],
        "_pipeline": record,
        "_declaration": declaration,
        "_number": next(_numbers),
        "_token": token,
        "_overrides": overrides or {},
        "_variables": {"variables": variables or {}},
        "_artifacts": {},
        "_actions": [],
        "_stop": None,
        "_gone": threading.Event(),
    }
    with store.changed:
        store.executions[execution["pipelineExecutionId"]] = execution
    _spawn(execution, 0, {})
    return execution


def resume(execution: Document, stage_name: str, finished: dict[str, Document]) -> None:
    """Continue from a stage, without its finished actions."""
    names = [stage["name"] for stage in execution["_declaration"]["stages"]]
    execution.update(status="InProgress", statusSummary=None, lastUpdateTime=time.time())
    _spawn(execution, names.index(stage_name), finished)


def _spawn(execution: Document, first: int, finished: dict[str, Document]) -> None:
    declared = execution["_declaration"]["stages"][first]
    stage = execution["_pipeline"]["stages"].get(declared["name"])
    if stage is not None:
        # Now, not when the thread runs: executions come in the order in which they were started.
        with store.changed:
            _queue(execution, stage)
    name = f"pipeline-{execution['pipelineName']}"
    spawn_background(_run, execution, first, finished, get_account_id(), get_region(), thread_name=name)


def _run(execution: Document, first: int, finished: dict[str, Document], account: str, region: str) -> None:
    with request_scope(account, region):
        try:
            status, summary = _pass_stages(execution, first, finished)
        except Exception as bug:
            log.exception("execution %s", execution["pipelineExecutionId"])
            status, summary = "Failed", f"{type(bug).__name__}: {bug}"
        with store.changed:
            if execution["status"] != "Superseded":
                execution.update(status=status, statusSummary=summary)
            execution["lastUpdateTime"] = time.time()
            store.changed.notify_all()


def _pass_stages(execution: Document, first: int, finished: dict[str, Document]) -> tuple[str, str | None]:
    """The execution's status and its summary."""
    stages = execution["_declaration"]["stages"]
    for number, declared in enumerate(stages):
        if number < first:
            continue
        stage = execution["_pipeline"]["stages"].get(declared["name"])
        if stage is None:
            return "Failed", f"the stage {declared['name']} was removed from the pipeline"
        if not _enter(execution, stage):
            return _ended(execution)
        outcome = "Failed"
        try:
            outcome = _run_stage(execution, declared, stage, finished if number == first else {})
        finally:
            following = stages[number + 1]["name"] if outcome == "Succeeded" and number + 1 < len(stages) else None
            _leave(execution, stage, outcome, following)
        if outcome == "Failed":
            return "Failed", None
        if outcome == "Stopped":
            return _ended(execution)
    return "Succeeded", None


def _enter(execution: Document, stage: Document) -> bool:
    """Wait for a stage to be free; False when the execution ended in the meantime."""
    with store.changed:
        waiting: list[Document] = stage["waiting"]
        try:
            while True:
                if execution["status"] != "InProgress" or execution["_gone"].is_set():
                    return False
                if stage["transition"]["enabled"] and stage["holder"] is None and waiting[0] is execution:
                    break
                store.changed.wait(WAIT_SECONDS)
        finally:
            if execution in waiting:
                waiting.remove(execution)
            store.changed.notify_all()
        stage["holder"] = stage["latest"] = execution
        stage["outcome"][execution["pipelineExecutionId"]] = "InProgress"
        return True


def _queue(execution: Document, stage: Document) -> None:
    """Wait for a stage from now on, behind the executions that were started before."""
    waiting: list[Document] = stage["waiting"]
    waiting.append(execution)
    waiting.sort(key=lambda one: int(one["_number"]))
    if execution["executionMode"] == "SUPERSEDED":
        _supersede(waiting)


def _supersede(waiting: list[Document]) -> None:
    """Only the newest execution keeps waiting."""
    newest = waiting[-1]
    for older in waiting[:-1]:
        summary = f"Superseded by the execution {newest['pipelineExecutionId']}"
        older.update(status="Superseded", statusSummary=summary, lastUpdateTime=time.time())
    waiting[:] = [newest]


def _leave(execution: Document, stage: Document, outcome: str, following: str | None) -> None:
    """Free the stage; who goes on waits for the following one at once, so that nobody who was behind overtakes."""
    with store.changed:
        entered = execution["_pipeline"]["stages"].get(following)
        if entered is not None:
            _queue(execution, entered)
        stage["holder"] = None
        stage["outcome"][execution["pipelineExecutionId"]] = outcome
        execution["lastUpdateTime"] = time.time()
        store.changed.notify_all()


def _ended(execution: Document) -> tuple[str, str | None]:
    if execution["_gone"].is_set():
        return "Stopped", "the pipeline was deleted"
    return "Stopped", execution.get("statusSummary")


def _run_stage(execution: Document, declared: Document, stage: Document, finished: dict[str, Document]) -> str:
    """Run the actions by their runOrder, those of the same number in parallel; the stage's status."""
    for order in sorted({action["runOrder"] for action in declared["actions"]}):
        if execution["_stop"] or execution["_gone"].is_set():
            return "Stopped"
        todo = [one for one in declared["actions"] if one["runOrder"] == order and one["name"] not in finished]
        begun = [_begin(execution, declared["name"], stage, action) for action in todo]
        threads = [
            spawn_background(_do, execution, action, done, thread_name=f"action-{action['name']}")
            for action, done in zip(todo, begun, strict=True)
        ]
        for thread in threads:
            thread.join()
        statuses = {done["status"] for done in begun}
        if "Abandoned" in statuses:
            return "Stopped"
        if "Failed" in statuses:
            return "Stopped" if execution["_stop"] else "Failed"
    return "Stopped" if execution["_stop"] else "Succeeded"


def _begin(execution: Document, stage_name: str, stage: Document, action: Document) -> Document:
    """The record of an action that starts now."""
    now = time.time()
    done: Document = {
        "pipelineExecutionId": execution["pipelineExecutionId"],
        "actionExecutionId": str(uuid.uuid4()),
        "pipelineVersion": execution["pipelineVersion"],
        "stageName": stage_name,
        "actionName": action["name"],
        "startTime": now,
        "lastUpdateTime": now,
        "status": "InProgress",
        "input": {
            "actionTypeId": action["actionTypeId"],
            "configuration": action["configuration"],
            "roleArn": action.get("roleArn"),
            "region": get_region(),
            "namespace": action.get("namespace"),
            "inputArtifacts": actions.input_artifacts(execution, action),
        },
        "output": {"outputArtifacts": [], "outputVariables": {}},
    }
    with store.changed:
        execution["_actions"].append(done)
        stage["actions"][action["name"]] = done
        execution["lastUpdateTime"] = now
        store.changed.notify_all()
    return done


def _do(execution: Document, action: Document, done: Document) -> None:
    result = done["output"]
    try:
        actions.perform(execution, action, done)
        status = "Succeeded"
    except actions.Abandoned:
        status = "Abandoned"
    except actions.ActionFailed as failure:
        status = "Failed"
        result.setdefault("executionResult", {})["errorDetails"] = {"code": failure.code, "message": str(failure)}
    except Exception as bug:
        log.exception("action %s", action["name"])
        status = "Failed"
        details = {"code": "InternalError", "message": f"{type(bug).__name__}: {bug}"}
        result.setdefault("executionResult", {})["errorDetails"] = details
    with store.changed:
        done.update(status=status, lastUpdateTime=time.time())
        done.pop("_token", None)
        store.changed.notify_all()
