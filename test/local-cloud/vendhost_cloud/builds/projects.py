"""Projects: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html"""

import re
import time
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

from vendhost_cloud.builds import buildspec, network, store
from vendhost_cloud.builds.store import Document
from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.json_service import page
from vendhost_cloud.roles import Role

SERVICE = "codebuild.amazonaws.com"
_PAGE = 100
_KNOWN = {
    "name",
    "description",
    "source",
    "artifacts",
    "cache",
    "environment",
    "serviceRole",
    "timeoutInMinutes",
    "queuedTimeoutInMinutes",
    "encryptionKey",
    "tags",
    "logsConfig",
    "concurrentBuildLimit",
    "vpcConfig",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-_]{1,149}")
_ACCOUNT_BUILDS = 60
_COMPUTE = re.compile(r"BUILD_GENERAL1_(SMALL|MEDIUM|LARGE|XLARGE|2XLARGE)")


def create(request: Document) -> Document:
    name = request["name"]
    if _NAME.fullmatch(name) is None:
        raise invalid(f"Project name must match the pattern {_NAME.pattern}")
    record = _record(request, {})
    with store.lock:
        if name in store.projects:
            raise AwsError("ResourceAlreadyExistsException", f"Project already exists: {store.arn(name)}")
        store.projects[name] = record
    return {"project": record}


def update(request: Document) -> Document:
    """Members that the request lacks stay as they are."""
    with store.lock:
        before = store.project(request["name"])
        before.update(_record({**before, **request}, before))
        return {"project": before}


def delete(request: Document) -> Document:
    """Builds go on, and a project that does not exist counts as deleted."""
    store.projects.pop(store.project_name(request["name"]), None)
    return {}


def batch_get(request: Document) -> Document:
    names = [(one, store.project_name(one)) for one in request["names"]]
    found = [store.projects[name] for _, name in names if name in store.projects]
    return {"projects": found, "projectsNotFound": [one for one, name in names if name not in store.projects]}


def list_all(request: Document) -> Document:
    key = request.get("sortBy", "NAME")
    order = {"NAME": "name", "CREATED_TIME": "created", "LAST_MODIFIED_TIME": "lastModified"}[key]
    down = request.get("sortOrder") == "DESCENDING"
    names = [one["name"] for one in sorted(store.projects.values(), key=lambda one: one[order], reverse=down)]
    some, token = page(names, request, _PAGE)
    return {"projects": some, "nextToken": token}


def _record(given: Document, before: Document) -> Document:
    foreign = {key for key in given if not key.startswith("_")} - _KNOWN - {"arn", "created", "lastModified", "badge"}
    if foreign:
        raise Unsupported(f"{', '.join(sorted(foreign))} of a project of CodeBuild")
    name, now = given["name"], time.time()
    _check_source(given["source"])
    check_environment(given["environment"])
    if given["artifacts"]["type"] != "NO_ARTIFACTS":
        raise Unsupported(f"artifacts of type {given['artifacts']['type']}")
    if given.get("cache", {}).get("type", "NO_CACHE") != "NO_CACHE":
        raise Unsupported(f"a cache of type {given['cache']['type']}")
    check_role(given["serviceRole"], name)
    _check_image(given["environment"])
    if given.get("vpcConfig"):
        network.check(given["vpcConfig"], Role(given["serviceRole"], SERVICE))
    limit = given.get("concurrentBuildLimit")
    if limit is not None and not 1 <= limit <= _ACCOUNT_BUILDS:
        message = f"Project-level concurrent build limit cannot exceed the account-level limit of {_ACCOUNT_BUILDS}"
        raise invalid(message)
    return {
        "timeoutInMinutes": 60,
        "queuedTimeoutInMinutes": 480,
        "encryptionKey": f"arn:aws:kms:{get_region()}:{get_account_id()}:alias/aws/s3",
        "cache": {"type": "NO_CACHE"},
        "tags": [],
        "badge": {"badgeEnabled": False},
        **{key: value for key, value in given.items() if key in _KNOWN},
        "arn": store.arn(name),
        "created": before.get("created", now),
        "lastModified": now,
        "_number": before.get("_number", 0),
    }


def _check_source(source: Document) -> None:
    if source["type"] != "NO_SOURCE":
        raise Unsupported(f"a source of type {source['type']}")
    if source.get("location"):
        raise invalid("Invalid source: location must not be set for source type NO_SOURCE")
    text = str(source.get("buildspec") or "")
    # A name of a file is as good as none where there is no source.
    if "\n" not in text and not text.lstrip().startswith("{"):
        raise invalid("Invalid buildspec provided: for a project without source it must be inline")
    buildspec.parse(text)


def _check_image(environment: Document) -> None:
    """https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectEnvironment.html"""
    pulled_by = environment.get("imagePullCredentialsType", "CODEBUILD")
    if environment.get("registryCredential") and pulled_by != "SERVICE_ROLE":
        raise invalid("imagePullCredentialsType must be SERVICE_ROLE for an image with registryCredential")


def check_environment(environment: Document) -> None:
    kind, compute = environment["type"], environment["computeType"]
    if kind not in ("LINUX_CONTAINER", "ARM_CONTAINER"):
        raise Unsupported(f"builds in an environment of type {kind}")
    if _COMPUTE.fullmatch(compute) is None:
        raise invalid(f"Compute type {compute} is not supported for the environment type {kind}")
    check_variables(environment.get("environmentVariables") or [])


def check_variables(variables: list[Any]) -> None:
    names = [one["name"] for one in variables]
    for name in names:
        if name.startswith("CODEBUILD_"):
            raise invalid(f"Invalid environment variable name: {name} starts with the reserved prefix CODEBUILD_")
        if names.count(name) > 1:
            raise invalid(f"Invalid input: duplicate environment variable name {name}")


def check_role(arn: str, project: str) -> None:
    """CodeBuild says which project it assumes a role for
    (https://docs.aws.amazon.com/codebuild/latest/userguide/cross-service-confused-deputy-prevention.html)."""
    keys = {"aws:SourceArn": store.arn(project)}
    if arn.rpartition("/")[2] not in iam._roles or not Role(arn, SERVICE).assumable(keys):
        raise invalid(f"CodeBuild is not authorized to perform: sts:AssumeRole on {arn}")


def invalid(message: str) -> AwsError:
    return AwsError("InvalidInputException", message)
