"""Builds: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html"""

import contextlib
import copy
import threading
import time
import uuid
from contextvars import ContextVar

from ministack.core.concurrency import spawn_background
from ministack.core.responses import get_account_id, get_region

from vendhost_cloud import machines
from vendhost_cloud.builds import buildspec, projects, run, store
from vendhost_cloud.builds.store import Document
from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.json_service import page

initiator: ContextVar[str] = ContextVar("vendhost_initiator", default="user")
"""Who starts a build, where that is a service."""

_PAGE = 100
_OVERRIDES = {
    "buildspecOverride",
    "environmentVariablesOverride",
    "idempotencyToken",
    "imageOverride",
    "projectName",
    "queuedTimeoutInMinutesOverride",
    "timeoutInMinutesOverride",
}


def start(request: Document) -> Document:
    foreign = set(request) - _OVERRIDES
    if foreign:
        raise Unsupported(f"{', '.join(sorted(foreign))} of StartBuild")
    reason = machines.why_not()
    if reason is not None:
        raise Unsupported(f"builds here: {reason}")
    project = store.project(request["projectName"])
    overriding = request.get("environmentVariablesOverride") or []
    projects.check_variables(overriding)
    spec = buildspec.parse(request.get("buildspecOverride") or project["source"]["buildspec"])
    token = request.get("idempotencyToken")
    with store.lock:
        for one in store.builds_of(project["name"]):
            if token and one["_token"] == token:
                if one["_request"] != request:
                    message = "The idempotency token was used with different parameters"
                    raise AwsError("InvalidInputException", message)
                return {"build": one}
        _check_limit(project)
        build = _record(project, request, overriding)
        store.builds[build["id"]] = build
    seconds = _seconds(build, project)
    spawn_background(
        run.run, build, spec, seconds, get_account_id(), get_region(), thread_name=f"build-{project['name']}"
    )
    return {"build": build}


def stop(request: Document) -> Document:
    found = store.builds.get(store.build_id(request["id"]))
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Build cannot be found: {request['id']}")
    found["_stopped"].set()
    machine = found["_machine"]
    if machine is not None:
        with contextlib.suppress(OSError):
            machine.kill()
    return {"build": found}


def batch_get(request: Document) -> Document:
    ids = [(one, store.build_id(one)) for one in request["ids"]]
    found = [store.builds[name] for _, name in ids if name in store.builds]
    return {"builds": found, "buildsNotFound": [one for one, name in ids if name not in store.builds]}


def list_for_project(request: Document) -> Document:
    project = store.project(request["projectName"])
    ids = [one["id"] for one in store.builds_of(project["name"])]
    return _listed(ids, request)


def list_all(request: Document) -> Document:
    return _listed([one["id"] for one in reversed(store.builds.values())], request)


def _listed(newest_first: list[str], request: Document) -> Document:
    ids = newest_first[::-1] if request.get("sortOrder") == "ASCENDING" else newest_first
    some, token = page(ids, request, _PAGE)
    return {"ids": some, "nextToken": token}


def _check_limit(project: Document) -> None:
    limit = project.get("concurrentBuildLimit")
    running = sum(not one["buildComplete"] for one in store.builds_of(project["name"]))
    if limit is not None and running >= limit:
        message = f"Cannot have more than {limit} active builds for the project"
        raise AwsError("AccountLimitExceededException", message)


def _record(project: Document, request: Document, overriding: list[Document]) -> Document:
    build_id = f"{project['name']}:{uuid.uuid4()}"
    project["_number"] += 1
    environment = copy.deepcopy(project["environment"])
    own = {one["name"]: one for one in environment.get("environmentVariables") or []}
    environment["environmentVariables"] = list({**own, **{one["name"]: one for one in overriding}}.values())
    if request.get("imageOverride"):
        environment["image"] = request["imageOverride"]
    spec = request.get("buildspecOverride")
    return {
        "id": build_id,
        "arn": store.build_arn(build_id),
        "buildNumber": project["_number"],
        "startTime": time.time(),
        "currentPhase": "QUEUED",
        "buildStatus": "IN_PROGRESS",
        "projectName": project["name"],
        "phases": [],
        "source": {**project["source"], **({"buildspec": spec} if spec else {})},
        "artifacts": {"location": ""},
        "cache": project["cache"],
        "environment": environment,
        "serviceRole": project["serviceRole"],
        "logs": _logs(project, build_id),
        "timeoutInMinutes": request.get("timeoutInMinutesOverride", project["timeoutInMinutes"]),
        "queuedTimeoutInMinutes": request.get("queuedTimeoutInMinutesOverride", project["queuedTimeoutInMinutes"]),
        "vpcConfig": project.get("vpcConfig"),
        "buildComplete": False,
        "initiator": initiator.get(),
        "encryptionKey": project["encryptionKey"],
        "exportedEnvironmentVariables": [],
        "_machine": None,
        "_stopped": threading.Event(),
        "_token": request.get("idempotencyToken"),
        "_request": request,
    }


def _logs(project: Document, build_id: str) -> Document:
    """The group is the project's own unless its settings name one; the stream is the build's."""
    settings = (project.get("logsConfig") or {}).get("cloudWatchLogs") or {"status": "ENABLED"}
    if settings["status"] == "DISABLED":
        return {"cloudWatchLogs": settings}
    group = settings.get("groupName") or f"/aws/codebuild/{project['name']}"
    build = build_id.rpartition(":")[2]
    stream = f"{settings['streamName']}/{build}" if settings.get("streamName") else build
    arn = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{group}:log-stream:{stream}"
    return {"groupName": group, "streamName": stream, "cloudWatchLogsArn": arn, "cloudWatchLogs": settings}


def _seconds(build: Document, project: Document) -> float:
    """How long it may run: nobody waits for AWS's shortest time-out in a test."""
    shorter = next((tag["value"] for tag in project["tags"] if tag["key"] == "local-cloud:timeout-seconds"), None)
    return float(shorter) if shorter is not None else build["timeoutInMinutes"] * 60.0
