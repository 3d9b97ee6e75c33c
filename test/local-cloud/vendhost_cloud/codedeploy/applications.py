"""Applications, their revisions, and tags."""

import re
import time
import uuid

from vendhost_cloud.codedeploy import arns, hooks, store
from vendhost_cloud.codedeploy.store import Document
from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.json_service import page
from vendhost_cloud.roles import Role


def create(request: Document) -> Document:
    name = request["applicationName"]
    platform = request.get("computePlatform", "Server")
    if platform != "Server":
        raise Unsupported(f"the compute platform {platform}")
    if not re.fullmatch(r"[A-Za-z0-9+=,.@_-]{1,100}", name):
        raise AwsError("InvalidApplicationNameException", f"not an application name: {name}")
    with store.lock:
        if name in store.applications:
            raise AwsError("ApplicationAlreadyExistsException", f"Application already exists: {name}")
        store.applications[name] = {
            "applicationId": str(uuid.uuid4()),
            "applicationName": name,
            "createTime": time.time(),
            "linkedToGitHub": False,
            "computePlatform": platform,
            "_revisions": [],
        }
    store.tags[arns.application(name)] = _tag_map(request.get("tags"))
    return {"applicationId": store.applications[name]["applicationId"]}


def get(request: Document) -> Document:
    return {"application": store.application(request["applicationName"])}


def batch_get(request: Document) -> Document:
    found = [store.application(name) for name in request["applicationNames"]]
    return {"applicationsInfo": found}


def update(request: Document) -> None:
    old, new = request.get("applicationName"), request.get("newApplicationName")
    with store.lock:
        found = store.application(str(old))
        if not new or new == old:
            return
        if new in store.applications:
            raise AwsError("ApplicationAlreadyExistsException", f"Application already exists: {new}")
        store.applications[new] = {**found, "applicationName": new}
        del store.applications[old]
        for (application, name), group in store.groups.items():
            if application == old:
                group["applicationName"] = new
                store.groups[(new, name)] = store.groups.pop((application, name))


def delete(request: Document) -> None:
    """Deleting an application that does not exist succeeds, as on AWS."""
    name = request["applicationName"]
    with store.lock:
        for key in [key for key in store.groups if key[0] == name]:
            drop_group(key)
        store.applications.pop(name, None)
    store.tags.pop(arns.application(name), None)


def drop_group(key: tuple[str, str]) -> list[Document]:
    """Remove a group and stop its running deployments; the hooks its role may not delete."""
    found = store.groups.pop(key, None)
    store.tags.pop(arns.group(*key), None)
    for deployment in store.deployments.values():
        if deployment["_group"] is found:
            deployment["_stop"].set()
    role = Role(found["serviceRoleArn"], hooks.SERVICE) if found else None
    return hooks.drop(role, found["autoScalingGroups"]) if found and role else []


def list_names(request: Document) -> Document:
    names, token = page(list(store.applications), request, 100)
    return {"applications": names, "nextToken": token}


def register_revision(request: Document) -> None:
    found = store.application(request["applicationName"])
    note_revision(found, request["revision"], description=request.get("description"))


def get_revision(request: Document) -> Document:
    location = check_revision(request["revision"])
    found = store.application(request["applicationName"])
    for revision in found["_revisions"]:
        if revision["revisionLocation"] == location:
            return {
                "applicationName": found["applicationName"],
                "revision": location,
                "revisionInfo": revision["genericRevisionInfo"],
            }
    raise AwsError("RevisionDoesNotExistException", f"no such revision: {location['s3Location']}")


def list_revisions(request: Document) -> Document:
    for member in ("sortBy", "s3Bucket", "s3KeyPrefix", "deployed"):
        if request.get(member) not in (None, "ignore", "registerTime"):
            raise Unsupported(f"codedeploy:ListApplicationRevisions with {member}")
    found = [one["revisionLocation"] for one in store.application(request["applicationName"])["_revisions"]]
    if request.get("sortOrder") == "descending":
        found.reverse()
    revisions, token = page(found, request, 100)
    return {"revisions": revisions, "nextToken": token}


def note_revision(
    application: Document, location: Document, *, group: str | None = None, description: str | None = None
) -> None:
    """Register a revision, or note that a group used it."""
    location = check_revision(location)
    now = time.time()
    with store.lock:
        known = [one for one in application["_revisions"] if one["revisionLocation"] == location]
        if not known:
            known = [{"revisionLocation": location, "genericRevisionInfo": {"registerTime": now}}]
            application["_revisions"].extend(known)
        info = known[0]["genericRevisionInfo"]
        if description:
            info["description"] = description
        if group:
            info.setdefault("firstUsedTime", now)
            info["lastUsedTime"] = now
            info["deploymentGroups"] = sorted({*info.get("deploymentGroups", []), group})


def check_revision(location: Document) -> Document:
    """A complete S3 location; anything else is refused."""
    kind = location.get("revisionType")
    if kind != "S3":
        raise Unsupported(f"revisions of type {kind}")
    place = location.get("s3Location") or {}
    missing = [member for member in ("bucket", "key", "bundleType") if not place.get(member)]
    if missing:
        raise AwsError("InvalidRevisionException", f"s3Location lacks {', '.join(missing)}")
    if place["bundleType"] not in ("zip", "tar", "tgz"):
        raise AwsError(
            "InvalidRevisionException",
            f"bundleType must be zip, tar or tgz, not {place['bundleType']}",
        )
    return location


def tag(request: Document) -> None:
    _taggable(request["ResourceArn"]).update(_tag_map(request["Tags"]))


def untag(request: Document) -> None:
    held = _taggable(request["ResourceArn"])
    for key in request["TagKeys"]:
        held.pop(key, None)


def list_tags(request: Document) -> Document:
    held = _taggable(request["ResourceArn"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in held.items()]}


def _taggable(arn: str) -> dict[str, str]:
    found: dict[str, str] | None = store.tags.get(arn)
    if found is None:
        raise AwsError("ArnNotSupportedException", f"no application or deployment group has the ARN {arn}")
    return found


def _tag_map(given: list[dict[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in given or []}
