"""Attributes of images: who may launch and deregister them, when they are deprecated, which metadata they need."""

from datetime import UTC, datetime

from vendhost_cloud.ec2.image_store import own
from vendhost_cloud.ec2.store import Record, serve
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body


def _deprecate(request: Body) -> Body:
    image = own(request.get("ImageId", ""))
    try:
        at = datetime.fromisoformat(request.get("DeprecateAt", ""))
    except ValueError:
        raise AwsError("InvalidParameterValue", f"Invalid deprecation date {request.get('DeprecateAt')}") from None
    if at < datetime.now(UTC):
        raise AwsError("InvalidParameterValue", "The deprecation date must be in the future.")
    image["DeprecationTime"] = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00.000Z")
    return {"Return": True}


def _keep(request: Body) -> Body:
    own(request.get("ImageId", "")).pop("DeprecationTime", None)
    return {"Return": True}


def refuse_if_protected(image: Record) -> None:
    """Whatever the caller's rights: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deregistration-protection.html.
    The page has no code for it, so this one is assumed. The cooldown of 24 hours cannot be asked for here."""
    if image.get("DeregistrationProtection", "disabled") != "disabled":
        raise AwsError("OperationNotPermitted", f"The image {image['ImageId']} has deregistration protection")


def _protect(request: Body) -> Body:
    own(request.get("ImageId", ""))["DeregistrationProtection"] = "enabled-without-cooldown"
    return {"Return": "enabled-without-cooldown"}


def _unprotect(request: Body) -> Body:
    own(request.get("ImageId", ""))["DeregistrationProtection"] = "disabled"
    return {"Return": "disabled"}


def _modify(request: Body) -> None:
    image = own(request.get("ImageId", ""))
    attribute, value = request.get("Attribute"), request.get("Value")
    support = (request.get("ImdsSupport") or {}).get("Value") or (value if attribute == "imdsSupport" else None)
    description = (request.get("Description") or {}).get("Value") or (value if attribute == "description" else None)
    if support not in (None, "v2.0"):
        raise AwsError("InvalidParameterValue", f"imdsSupport cannot be '{support}'")
    if support:
        image["ImdsSupport"] = support
    if description is not None:
        image["Description"] = description
    change = request.get("LaunchPermission") or {}
    added, removed = list(change.get("Add", [])), list(change.get("Remove", []))
    flat = [{"UserId": one} for one in request.get("UserIds", [])] + [
        {"Group": one} for one in request.get("UserGroups", [])
    ]
    (removed if request.get("OperationType") == "remove" else added).extend(flat)
    kept = [one for one in image["LaunchPermissions"] if one not in removed]
    image["LaunchPermissions"] = kept + [one for one in added if one not in kept]
    if not (support or description is not None or added or removed):
        raise AwsError(
            "InvalidParameterCombination", "the local cloud modifies imdsSupport, description and launchPermission"
        )


def _attribute(request: Body) -> Body:
    image = own(request.get("ImageId", ""))
    name = request.get("Attribute", "")
    values: dict[str, Body] = {
        "launchPermission": {"LaunchPermissions": image["LaunchPermissions"]},
        "description": {"Description": {"Value": image["Description"]}},
        "imdsSupport": {"ImdsSupport": {"Value": image.get("ImdsSupport", "")}},
        "blockDeviceMapping": {"BlockDeviceMappings": image["BlockDeviceMappings"]},
    }
    if name not in values:
        raise AwsError("InvalidParameterValue", f"the local cloud does not keep the attribute '{name}'")
    return {"ImageId": image["ImageId"], **values[name]}


def register() -> None:
    serve("EnableImageDeprecation", _deprecate, "ImageId DeprecateAt")
    serve("DisableImageDeprecation", _keep, "ImageId")
    serve("EnableImageDeregistrationProtection", _protect, "ImageId")
    serve("DisableImageDeregistrationProtection", _unprotect, "ImageId")
    serve(
        "ModifyImageAttribute",
        _modify,
        "ImageId Attribute Value ImdsSupport Description LaunchPermission OperationType UserIds UserGroups",
    )
    serve("DescribeImageAttribute", _attribute, "ImageId Attribute")
