"""One build: its phases, in a machine of its own.

Transitions: https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html. A failed `build`
is followed by `post_build`, any other failed phase ends the build, unless `on-failure` says otherwise.
"""

import json
import logging
import re
import time
from pathlib import Path

from ministack.core.responses import get_account_id, get_region, new_uuid, request_scope
from ministack.services import eventbridge

from vendhost_cloud import machines
from vendhost_cloud.alarms import record
from vendhost_cloud.builds import credentials, network, store, variables
from vendhost_cloud.builds.buildspec import PHASES, Buildspec, Phase
from vendhost_cloud.builds.journal import Journal
from vendhost_cloud.builds.shell import Shell, TimedOut
from vendhost_cloud.builds.store import Document
from vendhost_cloud.errors import AwsError
from vendhost_cloud.roles import Role
from vendhost_cloud.sessions import begin

SERVICE = "codebuild.amazonaws.com"
CHECKOUT = "/opt/vendhost"
"""Where the runner image has the command; here it is this checkout."""
_REPOSITORY = Path(__file__).resolve().parents[4]

_log = logging.getLogger("vendhost")


def run(build: Document, spec: Buildspec, seconds: float, account: str, region: str) -> None:
    """Run the build to its end, in this thread."""
    with request_scope(account, region):
        journal = Journal(build["logs"])
        _report(build)
        try:
            _run(build, spec, time.monotonic() + seconds, journal)
        except Exception:
            _log.exception("the build %s broke", build["id"])
            _complete(build, "FAULT")
        finally:
            # Its name is the build's: its log shows in the cloud's own folder.
            machines.discard(_name(build))


def _run(build: Document, spec: Buildspec, deadline: float, journal: Journal) -> None:
    role = Role(build["serviceRole"], SERVICE)
    for phase in ("SUBMITTED", "QUEUED"):
        _passed(build, phase)
    if not role.assumable({"aws:SourceArn": store.arn(build["projectName"])}):
        reason = f"CodeBuild is not authorized to perform: sts:AssumeRole on {role.arn}"
        return _end(build, "PROVISIONING", "FAILED", ("CLIENT_ERROR", reason))
    try:
        journal.open(role)
    except AwsError as error:
        reason = (
            f"Service role {role.arn} does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams for "
            f"build {build['arn']}. Error message: {error.message}"
        )
        return _end(build, "PROVISIONING", "FAILED", ("ACCESS_DENIED", reason))
    if build.get("vpcConfig"):
        try:
            network.attach(build["vpcConfig"], role)
        except AwsError as error:
            return _end(build, "PROVISIONING", "FAILED", (error.code, error.message), journal)
    refusal = _unpulled(build["environment"])
    if refusal is not None:
        return _end(build, "PROVISIONING", "FAILED", ("BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", refusal))
    session = begin(role, f"AWSCodeBuild-{build['id'].rpartition(':')[2]}", max(deadline - time.monotonic(), 0) + 3600)
    path = credentials.publish(session, role.arn)
    readable = {CHECKOUT: str(_REPOSITORY)}
    machine = machines.enclose(_name(build), readable, account=get_account_id(), region=get_region())
    build["_machine"] = machine
    try:
        if build["_stopped"].is_set():
            return _end(build, "PROVISIONING", "STOPPED", None)
        _passed(build, "PROVISIONING")
        journal.say("Waiting for agent ping")
        try:
            own, hidden = variables.resolve(spec, build["environment"], session)
        except AwsError as error:
            return _end(build, "DOWNLOAD_SOURCE", "FAILED", (error.code, error.message), journal)
        journal.hide([*hidden, session.secret, session.token])
        shell = Shell(machine, spec.shell, {**own, **_given(build, path)}, journal, deadline)
        _passed(build, "DOWNLOAD_SOURCE", journal)
        _phases(build, spec, shell, journal)
    finally:
        credentials.withdraw(path)
        machine.kill()
    return None


def _unpulled(environment: Document) -> str | None:
    """Why an image cannot be pulled.

    No registry has the tag `missing`, and CodeBuild's own credentials reach no repository of another account
    (https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectEnvironment.html).
    """
    image = str(environment["image"])
    owner = re.match(r"(\d{12})\.dkr\.ecr\.", image)
    own_credentials = environment.get("imagePullCredentialsType", "CODEBUILD") == "CODEBUILD"
    if image.endswith(":missing"):
        reason = f"manifest for {image} not found: manifest unknown"
    elif owner and own_credentials and owner[1] != get_account_id():
        reason = f"pull access denied for {image}"
    else:
        return None
    return f"Unable to pull customer's container image. CannotPullContainerError: Error response from daemon: {reason}"


def _phases(build: Document, spec: Buildspec, shell: Shell, journal: Journal) -> None:
    status = "SUCCEEDED"
    for name in PHASES:
        phase = spec.phases.get(name, Phase())
        label = name.upper()
        build["currentPhase"] = label
        started = time.time()
        journal.say(f"Entering phase {label}")
        try:
            failed = shell.all(phase.commands)
            at_end = shell.all(phase.at_end)
            failed = failed or at_end
        except TimedOut:
            if build["_stopped"].is_set():
                return _end(build, label, "STOPPED", None, journal, started)
            reason = "Build has timed out."
            return _end(build, label, "TIMED_OUT", ("BUILD_TIMED_OUT", reason), journal, started)
        if build["_stopped"].is_set():
            return _end(build, label, "STOPPED", None, journal, started)
        if failed is None:
            _passed(build, label, journal, started)
            continue
        status = "FAILED"
        _record(build, label, "FAILED", failed, journal, started)
        goes_on = phase.goes_on if phase.goes_on is not None else name == "build"
        if not goes_on:
            break
    else:
        _passed(build, "UPLOAD_ARTIFACTS", journal)
    exported = shell.values(spec.exported)
    build["exportedEnvironmentVariables"] = [{"name": name, "value": value} for name, value in exported.items()]
    _passed(build, "FINALIZING", journal)
    return _complete(build, status)


def _given(build: Document, path: str) -> dict[str, str]:
    """What CodeBuild and the local cloud set."""
    group, stream = build["logs"].get("groupName", ""), build["logs"].get("streamName", "")
    region = get_region()
    return {
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": path,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EXECUTION_ENV": "AWS_ECS_EC2",
        "AWS_EC2_METADATA_DISABLED": "true",
        "CODEBUILD_AGENT_ENDPOINT": "",
        "CODEBUILD_BUILD_ARN": build["arn"],
        "CODEBUILD_BUILD_ID": build["id"],
        "CODEBUILD_BUILD_IMAGE": build["environment"]["image"],
        "CODEBUILD_BUILD_NUMBER": str(build["buildNumber"]),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_CI": "true",
        "CODEBUILD_INITIATOR": build["initiator"],
        "CODEBUILD_KMS_KEY_ID": build["encryptionKey"],
        "CODEBUILD_LOG_PATH": stream,
        "CODEBUILD_PROJECT_ARN": store.arn(build["projectName"]),
        "CODEBUILD_RESOLVED_SOURCE_VERSION": "",
        "CODEBUILD_SOURCE_REPO_URL": "",
        "CODEBUILD_SOURCE_VERSION": "",
        "CODEBUILD_START_TIME": str(int(build["startTime"] * 1000)),
        "CODEBUILD_CONTAINER_NAME": "default",
        "CODEBUILD_LOG_GROUP": group,
        "AWS_ENDPOINT_URL": variables.ENDPOINT,
        "VENDHOST_LOCAL_CLOUD": "1",
    }


def _passed(build: Document, phase: str, journal: Journal | None = None, started: float | None = None) -> None:
    _record(build, phase, "SUCCEEDED", None, journal, started)


def _record(
    build: Document,
    phase: str,
    status: str,
    context: tuple[str, str] | None,
    journal: Journal | None = None,
    started: float | None = None,
) -> None:
    now = time.time()
    begun = started or now
    code, message = context or ("", "")
    build["currentPhase"] = phase
    build["phases"].append(
        {
            "phaseType": phase,
            "phaseStatus": status,
            "startTime": begun,
            "endTime": now,
            "durationInSeconds": int(now - begun),
            "contexts": [{"statusCode": code, "message": message}],
        }
    )
    if journal is not None:
        journal.say(f"Phase complete: {phase} State: {status}")
        journal.say(f"Phase context status code: {code} Message: {message}")


def _end(
    build: Document,
    phase: str,
    status: str,
    context: tuple[str, str] | None,
    journal: Journal | None = None,
    started: float | None = None,
) -> None:
    """End in a phase that did not get on."""
    _record(build, phase, status, context, journal, started)
    _passed(build, "FINALIZING", journal)
    _complete(build, status)


def _complete(build: Document, status: str) -> None:
    now = time.time()
    build["phases"].append({"phaseType": "COMPLETED", "startTime": now})
    # The last of all: who sees the status sees the phases too.
    build.update(endTime=now, currentPhase="COMPLETED", buildStatus=status, buildComplete=True, _machine=None)
    dimensions = {"ProjectName": build["projectName"]}
    record("AWS/CodeBuild", "Builds", 1, dimensions)
    record("AWS/CodeBuild", "SucceededBuilds" if status == "SUCCEEDED" else "FailedBuilds", 1, dimensions)
    _report(build)


def _report(build: Document) -> None:
    """https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html"""
    eventbridge._ensure_default_bus()
    detail = {
        "build-status": build["buildStatus"],
        "project-name": build["projectName"],
        "build-id": build["arn"],
        "current-phase": build["currentPhase"],
        "additional-information": {"initiator": build["initiator"], "build-complete": build["buildComplete"]},
        "version": "1",
    }
    eventbridge._dispatch_event(
        {
            "EventId": new_uuid(),
            "Source": "aws.codebuild",
            "DetailType": "CodeBuild Build State Change",
            "Detail": json.dumps(detail),
            "EventBusName": "default",
            "Account": get_account_id(),
            "Region": get_region(),
            "Time": int(time.time()),
            "Resources": [build["arn"]],
        }
    )


def _name(build: Document) -> str:
    return f"build-{build['id'].rpartition(':')[2]}"
