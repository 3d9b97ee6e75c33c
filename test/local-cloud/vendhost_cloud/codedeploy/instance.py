"""One instance's part of a deployment: the lifecycle events, in order."""

import os
import threading
import time
from collections.abc import Callable

from ministack import app
from ministack.services import ec2

from vendhost_cloud import machines, roles
from vendhost_cloud.codedeploy import groups, traffic
from vendhost_cloud.codedeploy.agent_link import (
    Agent,
    AgentError,
    Log,
    OutputLeftOpen,
    ScriptTimedOut,
    Stopped,
    shown,
)
from vendhost_cloud.codedeploy.store import Document
from vendhost_cloud.errors import AwsError
from vendhost_cloud.service_api import call

MACHINE_SECONDS = 20.0
AGENT_SECONDS = 5.0
"""How long to wait for the agent of an instance (an hour on AWS)."""
USER_DATA_SECONDS = 120.0
"""The same while its user data runs, which may be what installs the agent."""

PREVIOUS = ("BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop")
"""Events that run from the revision installed last; their failure can be ignored."""

_busy: dict[str, threading.Lock] = {}
"""An agent does one thing at a time."""


class EventFailed(Exception):
    """A lifecycle event that failed; becomes its diagnostics."""

    def __init__(self, code: str, message: str, script: str = "", log: str = "") -> None:
        super().__init__(message)
        self.diagnostics = {"errorCode": code, "scriptName": script, "message": message, "logTail": log}


def deploy(deployment: Document, target: Document) -> None:
    """Run one target's lifecycle events; the result is in its status. Errors on the instance are not
    raised."""
    busy = _busy.setdefault(target["targetId"], threading.Lock())
    target.update(status="InProgress", lastUpdatedAt=time.time())
    try:
        while not busy.acquire(timeout=0.1):
            if deployment["_stop"].is_set():
                raise Stopped
        try:
            _deploy(deployment, target)
        finally:
            busy.release()
        target["status"] = "Succeeded"
    except EventFailed as failure:
        _fail(target, failure)
    except Stopped:
        _fail(target, EventFailed("UnknownError", "The deployment was stopped."))
    except Exception as error:
        _fail(target, EventFailed("UnknownError", f"{type(error).__name__}: {error}"))
        raise
    finally:
        target["lastUpdatedAt"] = time.time()


def _deploy(deployment: Document, target: Document) -> None:
    machine = _machine(target["targetId"], deployment["_stop"])
    with Agent(machine) as agent:
        _wait_for_agent(agent, deployment["_stop"])
        for event in target["lifecycleEvents"]:
            if deployment["_stop"].is_set():
                raise Stopped
            event.update(status="InProgress", startTime=time.time())
            target["lastUpdatedAt"] = time.time()
            try:
                log = _perform(agent, deployment, target["targetId"], event["lifecycleEventName"])
            except EventFailed as failure:
                ignored = deployment["ignoreApplicationStopFailures"] and event["lifecycleEventName"] in PREVIOUS
                if not ignored:
                    raise
                event.update(status="Failed", endTime=time.time(), diagnostics=failure.diagnostics)
                continue
            event.update(status="Succeeded", endTime=time.time())
            event["diagnostics"] = {"errorCode": "Success", "scriptName": "", "message": "Succeeded", "logTail": log}


def _perform(agent: Agent, deployment: Document, instance_id: str, event: str) -> str:
    """Run one event; its log tail."""
    group = deployment["_group"]
    stop = deployment["_stop"]
    try:
        if event == "BlockTraffic":
            traffic.block(groups.target_groups(group), instance_id, stop)
        elif event == "AllowTraffic":
            traffic.allow(groups.target_groups(group), instance_id, stop)
        elif event == "DownloadBundle":
            _download(agent, deployment)
        elif event == "Install":
            agent.ask({"do": "install", "behaviour": deployment["fileExistsBehavior"], **_place(deployment)})
        else:
            return _run_scripts(agent, deployment, event)
    except (AgentError, AwsError, traffic.TrafficError) as error:
        raise EventFailed("UnknownError", str(error)) from error
    return ""


def _download(agent: Agent, deployment: Document) -> None:
    place = deployment["revision"]["s3Location"]
    _require_read(agent.machine.instance_id, place)
    version = {"VersionId": place["version"]} if place.get("version") else {}
    found = call("s3", "GetObject", {"Bucket": place["bucket"], "Key": place["key"], **version})
    wanted, actual = str(place.get("eTag") or "").strip('"'), found["ETag"].strip('"')
    if wanted and wanted != actual:
        raise EventFailed(
            "UnknownError", f"Expected deployment artifact bundle etag {wanted} but was actually {actual}"
        )
    agent.ask({"do": "download", "kind": place["bundleType"], **_place(deployment)}, found["Body"].read())


def _require_read(instance_id: str, place: Document) -> None:
    """The agent downloads the revision with the role of the instance."""
    if not app.AUTH:
        return
    role = roles.of_instance(ec2._instances.get(instance_id))
    if role is None:
        raise EventFailed(
            "UnknownError",
            "missing credentials - please check if this instance was started with an IAM instance profile",
        )
    role.require_read(place["bucket"], place["key"], place.get("version"))


def _run_scripts(agent: Agent, deployment: Document, event: str) -> str:
    found = agent.ask({"do": "scripts", "event": event, "previous": event in PREVIOUS, **_place(deployment)})
    log = Log()
    if not found["scripts"]:
        return ""
    entries: list[tuple[float, str]] = []

    def add(line: str) -> None:
        log.add(line)
        entries.append((time.time(), shown(line)))

    try:
        add(f"LifecycleEvent - {event}\n")
        for script in found["scripts"]:
            _run_script(agent, deployment, event, script, add, log)
    finally:
        agent.ask({"do": "log", "file": found["log"], "entries": entries, **_place(deployment)})
    return str(log)


def _run_script(
    agent: Agent, deployment: Document, event: str, script: Document, add: Callable[[str], None], log: Log
) -> None:
    location = script["location"]
    where = f"Script at specified location: {location}"
    user = f"{where} run as user {script['runas']}" if script["runas"] is not None else where

    def failed(code: str, message: str) -> EventFailed:
        if not log.is_text:
            # The agent's JSON has no place for other bytes. What the API makes of its code "Unknown" is an assumption.
            return EventFailed(
                "UnknownError", "Attempting minimal diagnostics", location, "Exception JSON::GeneratorError occured"
            )
        return EventFailed(code, message, location, str(log))

    prepared = agent.ask({"do": "prepare", "path": script["path"], "runas": script["runas"], "sudo": script["sudo"]})
    if prepared is None:
        absolute = os.path.normpath(script["path"])
        raise failed("ScriptMissing", f"Script does not exist at specified location: {absolute}")
    add(f"Script - {location}\n")
    if "failure" in prepared:
        raise failed("ScriptFailed", f"{user} failed with error {prepared['failure']}")
    try:
        code = agent.run_script(script, prepared["argv"], _environment(deployment, event), add, deployment["_stop"])
    except ScriptTimedOut as error:
        raise failed("ScriptTimedOut", f"{where} failed to complete in {script['timeout']} seconds") from error
    except OutputLeftOpen as error:
        # The API has no error code for the agent's sixth.
        raise failed("UnknownError", f"{where} failed to close {error}") from error
    except Stopped as error:
        raise failed("UnknownError", f"{where} was killed because the deployment was stopped") from error
    if code != 0:
        raise failed("ScriptFailed", f"{user} failed with exit code {'' if code is None else code}")


def _environment(deployment: Document, event: str) -> dict[str, str]:
    """https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html"""
    place = deployment["revision"]["s3Location"]
    given = {
        "LIFECYCLE_EVENT": event,
        "DEPLOYMENT_ID": deployment["deploymentId"],
        "APPLICATION_NAME": deployment["applicationName"],
        "DEPLOYMENT_GROUP_NAME": deployment["deploymentGroupName"],
        "DEPLOYMENT_GROUP_ID": deployment["_group"]["deploymentGroupId"],
        "BUNDLE_BUCKET": place["bucket"],
        "BUNDLE_KEY": place["key"],
        "BUNDLE_VERSION": place.get("version"),
        "BUNDLE_ETAG": place.get("eTag"),
    }
    return {name: str(value) for name, value in given.items() if value is not None}


def _place(deployment: Document) -> Document:
    return {"group": deployment["_group"]["deploymentGroupId"], "deployment": deployment["deploymentId"]}


def _machine(instance_id: str, stop: threading.Event) -> machines.Machine:
    deadline = time.monotonic() + MACHINE_SECONDS
    while (machine := machines.get(instance_id)) is None:
        if time.monotonic() > deadline:
            raise EventFailed("UnknownError", f"{_SILENT} The local cloud runs no machine {instance_id}.")
        if stop.wait(0.1):
            raise Stopped
    return machine


def _wait_for_agent(agent: Agent, stop: threading.Event) -> None:
    began = time.monotonic()
    while not agent.ask({"do": "probe"}):
        waited = time.monotonic() - began
        if waited > AGENT_SECONDS and (waited > USER_DATA_SECONDS or not _user_data_runs(agent.machine)):
            raise EventFailed(
                "UnknownError",
                f"{_SILENT} No agent was started on {agent.machine.instance_id} since it booted.",
            )
        if stop.wait(0.1):
            raise Stopped


def _user_data_runs(machine: machines.Machine) -> bool:
    """Whether the user data, which may be installing the agent, is still running; who is too slow to say may be."""
    asked = machine.run(["pgrep", "-f", "/var/lib/cloud/instance/scripts/"], timeout=5)
    return asked.timed_out or asked.returncode == 0


_SILENT = (
    "CodeDeploy agent was not able to receive the lifecycle event. Check the CodeDeploy agent logs on your host "
    "and make sure the agent is running and can connect to the CodeDeploy server."
)


def _fail(target: Document, failure: EventFailed) -> None:
    """The current event failed (or the first one, if none had started); the rest is skipped."""
    now = time.time()
    events = target["lifecycleEvents"]
    current = next((event for event in events if event["status"] == "InProgress"), None)
    if current is None:
        current = next((event for event in events if event["status"] == "Pending"), events[-1])
        current.setdefault("startTime", now)
    current.update(status="Failed", endTime=now, diagnostics=failure.diagnostics)
    for event in events:
        if event["status"] == "Pending":
            event["status"] = "Skipped"
    target["status"] = "Failed"
