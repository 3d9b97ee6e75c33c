"""The state of CodeBuild, per account and region, in the shapes of its API.

Members whose name starts with an underscore are ours; they never leave the process.
"""

import threading
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from vendhost_cloud.errors import AwsError

Document = dict[str, Any]

lock = threading.RLock()

projects = AccountRegionScopedDict()
"""Name -> project; `_number` of its last build."""

builds = AccountRegionScopedDict()
"""Id -> build, oldest first; `_machine`, `_stopped`, `_token`."""


def project(name_or_arn: str) -> Document:
    name = project_name(name_or_arn)
    found: Document | None = projects.get(name)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Project cannot be found: {arn(name)}")
    return found


def project_name(name_or_arn: str) -> str:
    return name_or_arn.partition(":project/")[2] or name_or_arn


def build_id(id_or_arn: str) -> str:
    return id_or_arn.partition(":build/")[2] or id_or_arn


def arn(name: str) -> str:
    return f"arn:aws:codebuild:{get_region()}:{get_account_id()}:project/{name}"


def build_arn(name: str) -> str:
    return f"arn:aws:codebuild:{get_region()}:{get_account_id()}:build/{name}"


def builds_of(name: str) -> list[Document]:
    """Newest first."""
    return [one for one in reversed(builds.values()) if one["projectName"] == name]


def arn_of_request(_: str, request: Document, region: str, account: str) -> str:
    """The project that IAM checks; that of the first build or project where there are several.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodebuild.html
    """
    names = projects_of_request(request)
    return f"arn:aws:codebuild:{region}:{account}:project/{names[0]}" if names else "*"


def projects_of_request(request: Document) -> list[str]:
    """Names of all projects that a request is about."""
    given = request.get("projectName") or request.get("name")
    several = request.get("names") if isinstance(request.get("names"), list) else []
    ids = request.get("ids") if isinstance(request.get("ids"), list) else [request["id"]] if "id" in request else []
    return [
        *([project_name(str(given))] if given else []),
        *(project_name(str(one)) for one in several or []),
        *(build_id(str(one)).rpartition(":")[0] for one in ids or []),
    ]


def reset() -> None:
    with lock:
        for one in builds.all_values():
            one["_stopped"].set()
        projects.clear()
        builds.clear()
