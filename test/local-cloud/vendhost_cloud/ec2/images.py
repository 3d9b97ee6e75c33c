"""The image actions of EC2: an image is a saved layer with real block devices, encryption, tags and an owner."""

import re
from typing import Any

from ministack.services import ec2

from vendhost_cloud import machines
from vendhost_cloud.ec2.block_devices import add_snapshot, delete_snapshot, key_arn, snapshot, truth
from vendhost_cloud.ec2.image_attributes import refuse_if_protected
from vendhost_cloud.ec2.image_store import common, find, is_public, own, visible
from vendhost_cloud.ec2.instances import by_id
from vendhost_cloud.ec2.lifecycle import while_still
from vendhost_cloud.ec2.store import (
    Fields,
    Record,
    in_background,
    matches,
    new_id,
    now,
    scope,
    scoped,
    serve,
    set_tags,
    specified_tags,
    tags_of,
)
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body, page

_NAME = re.compile(r"^[A-Za-z0-9()\[\] ./\-'@_]{3,128}$")
_FIELDS: Fields = {
    "architecture": lambda one: one["Architecture"],
    "creation-date": lambda one: one["CreationDate"],
    "description": lambda one: one["Description"],
    "ena-support": lambda one: one["EnaSupport"],
    "hypervisor": lambda one: one["Hypervisor"],
    "image-id": lambda one: one["ImageId"],
    "image-type": lambda one: one["ImageType"],
    "is-public": is_public,
    "name": lambda one: one["Name"],
    "owner-id": lambda one: one["OwnerId"],
    "root-device-name": lambda one: one["RootDeviceName"],
    "root-device-type": lambda one: one["RootDeviceType"],
    "state": lambda one: one["State"],
    "virtualization-type": lambda one: one["VirtualizationType"],
    "imds-support": lambda one: one.get("ImdsSupport"),
    "source-image-id": lambda one: one.get("SourceImageId"),
    "source-instance-id": lambda one: one.get("SourceInstanceId"),
    "block-device-mapping.snapshot-id": lambda one: [
        entry["Ebs"].get("SnapshotId") for entry in one["BlockDeviceMappings"]
    ],
    "block-device-mapping.encrypted": lambda one: [entry["Ebs"]["Encrypted"] for entry in one["BlockDeviceMappings"]],
}


def _describe(request: Body) -> Body:
    account, _ = scope()
    wanted = [find(one) for one in request.get("ImageIds", [])] or visible()
    owners = [account if one == "self" else one for one in request.get("Owners", [])]
    deprecated = request.get("IncludeDeprecated", False) or bool(request.get("ImageIds"))
    found = [
        _view(image)
        for image in wanted
        if (not owners or image["OwnerId"] in owners)
        and (deprecated or image["OwnerId"] == account or not _is_deprecated(image))
        and _executable(image, request.get("ExecutableUsers", []))
        and matches(image, request.get("Filters"), _FIELDS, image["ImageId"])
    ]
    shown, token = page(found, request)
    return {"Images": shown, "NextToken": token}


def _view(image: Record) -> Body:
    return {**image, "Public": is_public(image), "Tags": tags_of(image["ImageId"])}


def _is_deprecated(image: Record) -> bool:
    return str(image.get("DeprecationTime", "9")) < now()


def _executable(image: Record, users: list[str]) -> bool:
    granted = {one.get("UserId") for one in image.get("LaunchPermissions", [])}
    return not users or any(
        is_public(image) if one == "all" else (scope()[0] if one == "self" else one) in granted for one in users
    )


def _create(request: Body) -> Body:
    record = by_id(request.get("InstanceId", ""))
    if record["State"]["Name"] not in ("running", "stopped"):
        raise AwsError("IncorrectState", f"Instance is not in state 'running' or 'stopped': {record['State']['Name']}")
    name = free_name(request)
    specifications = request.get("TagSpecifications")
    overrides = {entry["DeviceName"]: entry for entry in request.get("BlockDeviceMappings", [])}
    image_id = new_id("ami")
    description = f"Created by CreateImage({record['InstanceId']}) for {image_id}"
    mappings = [
        _mapping(entry, overrides.get(entry["DeviceName"], {}), description, specified_tags(specifications, "snapshot"))
        for entry in record["BlockDeviceMappings"]
        if "NoDevice" not in overrides.get(entry["DeviceName"], {})
    ]
    image = add_image(
        image_id, name, request, mappings, SourceInstanceId=record["InstanceId"], SourceImageId=record["ImageId"]
    )
    layers = [machines.layer_path(image_id), *record["_Boot"].layers]

    def save() -> None:
        try:
            with while_still(record, reboot=not request.get("NoReboot", False)):
                machines.save_layer(record["InstanceId"], layers[0])
        except (RuntimeError, OSError, machines.CannotRun) as error:
            image.update(State="failed", StateReason={"Code": "Server.InternalError", "Message": str(error)})
            return
        image.update(_Layers=layers, State="available")

    in_background(f"create {image_id}", save)
    return {"ImageId": image_id}


def _mapping(entry: Body, override: Body, description: str, tags: list[dict[str, str]]) -> Body:
    volume = ec2._volumes[entry["Ebs"]["VolumeId"]]
    wanted = override.get("Ebs", {})
    foreign = {"Encrypted", "KmsKeyId", "SnapshotId"} & set(wanted)
    if foreign:
        raise AwsError(
            "InvalidParameterCombination",
            f"CreateImage does not support {', '.join(sorted(foreign))}: the image is encrypted as the volume is",
        )
    return {
        "DeviceName": entry["DeviceName"],
        "Ebs": {
            "SnapshotId": snapshot(volume, description, tags)["SnapshotId"],
            "VolumeSize": wanted.get("VolumeSize", volume["Size"]),
            "VolumeType": wanted.get("VolumeType", volume["VolumeType"]),
            "Encrypted": volume["Encrypted"],
            "DeleteOnTermination": truth(wanted.get("DeleteOnTermination", entry["Ebs"]["DeleteOnTermination"])),
            **{name: volume[name] for name in ("Iops", "Throughput") if volume.get(name)},
        },
    }


def _copy(request: Body) -> Body:
    account, region = scope()
    source_region = request.get("SourceRegion", region)
    with scoped(account, source_region):
        source = find(request.get("SourceImageId", ""))
        if source["State"] != "available":
            raise AwsError("InvalidAMIID.Unavailable", f"The image {source['ImageId']} is {source['State']}")
        snapshots = {key: dict(value) for key, value in ec2._snapshots.items()}
        source_tags = list(tags_of(source["ImageId"]))
    name = free_name(request)
    specifications = request.get("TagSpecifications")
    image_id = new_id("ami")
    wanted = truth(request.get("Encrypted", False)) or "KmsKeyId" in request
    mappings = []
    for entry in source["BlockDeviceMappings"]:
        ebs = entry["Ebs"]
        before: Body = snapshots.get(ebs["SnapshotId"], {})
        encrypted = wanted or ebs["Encrypted"]
        key = {"KmsKeyId": key_arn(request.get("KmsKeyId")) if wanted else before.get("KmsKeyId", key_arn(None))}
        settings = {
            "VolumeId": "vol-ffffffff",
            "VolumeSize": ebs["VolumeSize"],
            "Encrypted": encrypted,
            **(key if encrypted else {}),
        }
        copy = add_snapshot(
            settings,
            f"Copied for DestinationAmi {image_id} from SourceAmi {source['ImageId']}",
            specified_tags(specifications, "snapshot"),
        )
        mappings.append({**entry, "Ebs": {**ebs, "SnapshotId": copy["SnapshotId"], "Encrypted": encrypted}})
    image = add_image(
        image_id,
        name,
        {"Description": source["Description"], **request},
        mappings,
        SourceImageId=source["ImageId"],
        SourceImageRegion=source_region,
    )
    if source.get("ImdsSupport"):
        image["ImdsSupport"] = source["ImdsSupport"]
    if request.get("CopyImageTags"):
        set_tags(image_id, [*source_tags, *specified_tags(specifications, "image")])

    def save() -> None:
        copies = []
        for number, layer in enumerate(source["_Layers"]):
            copies.append(machines.layer_path(f"{image_id}-{number}"))
            machines.copy_layer(layer, copies[-1])
        image.update(_Layers=copies, State="available")

    in_background(f"copy {image_id}", save)
    return {"ImageId": image_id}


def add_image(image_id: str, name: str, request: Body, mappings: list[Body], **members: Any) -> Record:
    account, _ = scope()
    image: Record = {
        **common(),
        **members,
        "ImageId": image_id,
        "Name": name,
        "Description": request.get("Description", ""),
        "ImageLocation": f"{account}/{name}",
        "OwnerId": account,
        "State": "pending",
        "CreationDate": now(),
        "BlockDeviceMappings": mappings,
        "LaunchPermissions": [],
        "_Layers": [],
    }
    ec2._images[image_id] = image
    set_tags(image_id, specified_tags(request.get("TagSpecifications"), "image"))
    return image


def free_name(request: Body) -> str:
    name = str(request.get("Name", ""))
    if not _NAME.match(name):
        raise AwsError(
            "InvalidAMIName.Malformed",
            "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', "
            f"'-', '/', '_', '[', ']', '@', ''' and spaces: '{name}'",
        )
    for image in ec2._images.values():
        if image["Name"] == name:
            raise AwsError("InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {image['ImageId']}")
    return name


def _deregister(request: Body) -> Body:
    image_id = request.get("ImageId", "")
    if image_id in _deregistered():
        raise AwsError("InvalidAMIID.Unavailable", f"The image ID '{image_id}' is no longer available")
    image = own(image_id)
    refuse_if_protected(image)
    del ec2._images[image_id]
    ec2._tags.pop(image_id, None)
    _deregistered().add(image_id)
    if not truth(request.get("DeleteAssociatedSnapshots", False)):
        return {"Return": True}
    snapshots = [entry["Ebs"]["SnapshotId"] for entry in image["BlockDeviceMappings"]]
    return {"Return": True, "DeleteSnapshotResults": [_delete_with_image(one) for one in snapshots]}


def _delete_with_image(snapshot_id: str) -> Body:
    """One that other images use stays, and that is no error."""
    try:
        delete_snapshot({"SnapshotId": snapshot_id})
    except AwsError as error:
        return {"SnapshotId": snapshot_id, "ReturnCode": "skipped" if error.code.endswith("InUse") else "client-error"}
    return {"SnapshotId": snapshot_id, "ReturnCode": "success"}


_deregistered_by_scope: dict[tuple[str, str], set[str]] = {}


def _deregistered() -> set[str]:
    """Ids of images that were: EC2 tells them from ids that never were."""
    return _deregistered_by_scope.setdefault(scope(), set())


def register() -> None:
    # No image is ever disabled here: with or without IncludeDisabled the answer is the same.
    serve(
        "DescribeImages",
        _describe,
        "ImageIds Owners Filters ExecutableUsers IncludeDeprecated IncludeDisabled MaxResults NextToken",
    )
    serve("CreateImage", _create, "InstanceId Name Description NoReboot BlockDeviceMappings TagSpecifications")
    serve(
        "CopyImage",
        _copy,
        "SourceImageId SourceRegion Name Description Encrypted KmsKeyId CopyImageTags TagSpecifications ClientToken",
    )
    serve("DeregisterImage", _deregister, "ImageId DeleteAssociatedSnapshots")
