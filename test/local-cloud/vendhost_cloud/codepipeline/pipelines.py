"""Pipelines: created, changed, shown, deleted; tags; transitions between stages."""

import copy
import time

from ministack.core.iam_evaluator import caller_arn

from vendhost_cloud.codepipeline import declaration, run, store
from vendhost_cloud.codepipeline.store import Document
from vendhost_cloud.errors import AwsError
from vendhost_cloud.json_service import page
from vendhost_cloud.roles import Role


def create(request: Document) -> Document:
    """CreatePipeline; as on AWS, it starts the first execution."""
    given = declaration.check(request["pipeline"])
    name = given["name"]
    _check_role(given)
    with store.changed:
        if name in store.pipelines:
            raise AwsError("PipelineNameInUseException", f"A pipeline with the name '{name}' already exists")
        now = time.time()
        record: Document = {
            "declaration": {**given, "version": 1},
            "created": now,
            "updated": now,
            "tags": {tag["key"]: tag["value"] for tag in request.get("tags") or []},
            "stages": {},
        }
        _keep_stages(record)
        store.pipelines[name] = record
    run.start(record, trigger={"triggerType": "CreatePipeline", "triggerDetail": caller_arn()})
    return {"pipeline": record["declaration"], "tags": _listed(record["tags"])}


def update(request: Document) -> Document:
    given = declaration.check(request["pipeline"])
    _check_role(given)
    with store.changed:
        record = store.pipeline(given["name"])
        record["declaration"] = {**given, "version": record["declaration"]["version"] + 1}
        record["updated"] = time.time()
        _keep_stages(record)
    return {"pipeline": record["declaration"]}


def _check_role(given: Document) -> None:
    if not Role(given["roleArn"], run.SERVICE).assumable():
        raise AwsError(
            "InvalidStructureException",
            f"CodePipeline is not authorized to perform AssumeRole on role {given['roleArn']}",
        )


def get(request: Document) -> Document:
    record = store.pipeline(request["name"])
    version = request.get("version")
    if version not in (None, record["declaration"]["version"]):
        raise AwsError("PipelineVersionNotFoundException", f"only the current version is kept, not {version}")
    return {
        "pipeline": copy.deepcopy(record["declaration"]),
        "metadata": {
            "pipelineArn": store.arn(request["name"]),
            "created": record["created"],
            "updated": record["updated"],
        },
    }


def delete(request: Document) -> None:
    """Deleting a pipeline that does not exist succeeds, as on AWS; running executions end."""
    with store.changed:
        record = store.pipelines.pop(request["name"], None)
        for execution in store.executions.values():
            if execution["_pipeline"] is record:
                execution["_gone"].set()
        store.changed.notify_all()


def list_all(request: Document) -> Document:
    found = [
        {
            "name": name,
            "version": record["declaration"]["version"],
            "pipelineType": record["declaration"]["pipelineType"],
            "executionMode": record["declaration"]["executionMode"],
            "created": record["created"],
            "updated": record["updated"],
        }
        for name, record in store.pipelines.items()
    ]
    summaries, token = page(found, request, 1000)
    return {"pipelines": summaries, "nextToken": token}


def enable_transition(request: Document) -> None:
    _transition(request, {"enabled": True})


def disable_transition(request: Document) -> None:
    _transition(request, {"enabled": False, "disabledReason": request["reason"]})


def _transition(request: Document, state: Document) -> None:
    with store.changed:
        stage = find_stage(store.pipeline(request["pipelineName"]), request["stageName"])
        if request["transitionType"] != "Inbound":
            raise AwsError("ValidationException", "only Inbound transitions can be switched")
        stage["transition"] = {"lastChangedBy": caller_arn(), "lastChangedAt": time.time(), **state}
        store.changed.notify_all()


def find_stage(record: Document, name: str) -> Document:
    found: Document | None = record["stages"].get(name)
    if found is None:
        raise AwsError("StageNotFoundException", f"the pipeline {record['declaration']['name']} has no stage {name}")
    return found


def tag(request: Document) -> None:
    _tagged(request["resourceArn"]).update({tag["key"]: tag["value"] for tag in request["tags"]})


def untag(request: Document) -> None:
    held = _tagged(request["resourceArn"])
    for key in request["tagKeys"]:
        held.pop(key, None)


def list_tags(request: Document) -> Document:
    tags, token = page(_listed(_tagged(request["resourceArn"])), request, 100)
    return {"tags": tags, "nextToken": token}


def _tagged(arn: str) -> dict[str, str]:
    for name, record in store.pipelines.items():
        if store.arn(name) == arn:
            tags: dict[str, str] = record["tags"]
            return tags
    raise AwsError("ResourceNotFoundException", f"no pipeline has the ARN {arn}")


def _listed(tags: dict[str, str]) -> list[Document]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _keep_stages(record: Document) -> None:
    """Stage records of the declared stages, those that stay keeping their state."""
    record["stages"] = {
        stage["name"]: record["stages"].get(stage["name"])
        or {
            "name": stage["name"],
            "transition": {"enabled": True},
            "holder": None,  # the execution inside
            "waiting": [],  # executions waiting for the stage, oldest first
            "latest": None,  # the execution that entered last
            "outcome": {},  # execution id -> status of the stage for it
            "actions": {},  # action name -> its latest execution
        }
        for stage in record["declaration"]["stages"]
    }
