"""Volumes and snapshots with their real sizes, types and encryption."""

from typing import Any

from ministack.services import ec2, kms

from vendhost_cloud import machines
from vendhost_cloud.ec2.store import Record, new_id, now, scope, serve, set_tags, tags_of
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body, render

_VOLUME_TYPES = {"gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"}


def truth(value: object) -> bool:
    """A boolean of a template, which may be a string."""
    return value if isinstance(value, bool) else str(value).lower() == "true"


def key_arn(key: str | None) -> str:
    """The ARN of a KMS key given by id, ARN or alias; without one that of the account's own EBS key."""
    account, region = scope()
    if not key:
        return f"arn:aws:kms:{region}:{account}:key/aws-ebs-default"
    record = kms._resolve_key(key)
    if record is None:
        raise AwsError("Client.InvalidKMSKey.InvalidState", f"The KMS key {key} does not exist")
    if record["KeyState"] != "Enabled":
        raise AwsError("Client.InvalidKMSKey.InvalidState", f"The KMS key {key} is {record['KeyState']}")
    return str(record["Arn"])


def launch_mappings(image: list[Body], requested: list[Body] | None) -> list[Body]:
    """The image's block devices overridden by those of the launch, by device name."""
    devices: dict[str, Body] = {entry["DeviceName"]: dict(entry["Ebs"]) for entry in image}
    for entry in requested or []:
        name = entry.get("DeviceName") or ""
        if entry.get("NoDevice") is not None:
            devices.pop(name, None)
            continue
        if "VirtualName" in entry:
            raise AwsError("UnsupportedOperation", "the local cloud does not support instance store volumes")
        devices[name] = _lay_over(devices.get(name, {}), entry.get("Ebs") or {})
    return [{"DeviceName": name, "Ebs": _complete(ebs)} for name, ebs in devices.items()]


def _lay_over(base: Body, wanted: Body) -> Body:
    if "KmsKeyId" in wanted and not truth(wanted.get("Encrypted", False)):
        raise AwsError(
            "InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."
        )
    if base.get("Encrypted") and "Encrypted" in wanted and not truth(wanted["Encrypted"]):
        raise AwsError("InvalidParameter", "Encrypted flag cannot be cleared: the snapshot is encrypted")
    size, least = int(wanted.get("VolumeSize", 0)), int(base.get("VolumeSize", 0))
    if size and size < least:
        raise AwsError(
            "InvalidBlockDeviceMapping",
            f"Volume of size {size}GB is smaller than snapshot '{base.get('SnapshotId')}', expect size>= {least}GB",
        )
    merged = {**base, **wanted}
    if wanted.get("VolumeType", base.get("VolumeType")) != base.get("VolumeType"):
        for setting in ("Iops", "Throughput"):
            if setting not in wanted:
                merged.pop(setting, None)
    return merged


def _complete(ebs: Body) -> Body:
    kind = ebs.get("VolumeType", "gp2")
    if kind not in _VOLUME_TYPES:
        raise AwsError("InvalidParameterValue", f"Invalid volume type: {kind}")
    defaults: Body = {"Iops": 3000, "Throughput": 125} if kind == "gp3" else {}
    return {
        **defaults,
        **ebs,
        "VolumeType": kind,
        "VolumeSize": int(ebs.get("VolumeSize", 8)),
        "Encrypted": truth(ebs.get("Encrypted", False)),
        "DeleteOnTermination": truth(ebs.get("DeleteOnTermination", True)),
    }


def create_volumes(mappings: list[Body], instance_id: str, zone: str, tags: list[dict[str, str]]) -> list[Body]:
    """Create and attach the volumes of an instance; the instance's own view of them."""
    return [_create_volume(entry["DeviceName"], entry["Ebs"], instance_id, zone, tags) for entry in mappings]


def _create_volume(device: str, ebs: Body, instance_id: str, zone: str, tags: list[dict[str, str]]) -> Body:
    time = now()
    volume: Record = {
        "VolumeId": new_id("vol"),
        "Size": ebs["VolumeSize"],
        "AvailabilityZone": zone,
        "State": "in-use",
        "VolumeType": ebs["VolumeType"],
        "SnapshotId": ebs.get("SnapshotId", ""),
        "Encrypted": ebs["Encrypted"],
        "CreateTime": time,
        "MultiAttachEnabled": False,
        **{name: int(ebs[name]) for name in ("Iops", "Throughput") if ebs.get(name)},
    }
    if volume["Encrypted"]:
        volume["KmsKeyId"] = key_arn(ebs.get("KmsKeyId"))
    volume["Attachments"] = [
        {
            "VolumeId": volume["VolumeId"],
            "InstanceId": instance_id,
            "Device": device,
            "State": "attached",
            "AttachTime": time,
            "DeleteOnTermination": ebs["DeleteOnTermination"],
        }
    ]
    ec2._volumes[volume["VolumeId"]] = volume
    set_tags(volume["VolumeId"], tags)
    return {
        "DeviceName": device,
        "Ebs": {
            "VolumeId": volume["VolumeId"],
            "Status": "attached",
            "AttachTime": time,
            "DeleteOnTermination": ebs["DeleteOnTermination"],
        },
    }


def release_volumes(instance_id: str) -> None:
    """What happens to the volumes of a terminated instance."""
    for volume in list(ec2._volumes.values()):
        attachment = next((one for one in volume["Attachments"] if one["InstanceId"] == instance_id), None)
        if attachment is None:
            continue
        if attachment["DeleteOnTermination"]:
            ec2._volumes.pop(volume["VolumeId"], None)
            ec2._tags.pop(volume["VolumeId"], None)
        else:
            volume.update(Attachments=[], State="available")


def snapshot(volume: Record, description: str, tags: list[dict[str, str]]) -> Record:
    """A completed snapshot of a volume, encrypted as the volume is."""
    return add_snapshot(
        {
            "VolumeId": volume["VolumeId"],
            "VolumeSize": volume["Size"],
            "Encrypted": volume["Encrypted"],
            **({"KmsKeyId": volume["KmsKeyId"]} if volume.get("KmsKeyId") else {}),
        },
        description,
        tags,
    )


def add_snapshot(settings: Body, description: str, tags: list[dict[str, str]]) -> Record:
    """Store a snapshot with these settings (VolumeId, VolumeSize, Encrypted, KmsKeyId)."""
    account, _ = scope()
    record: Record = {
        **settings,
        "SnapshotId": new_id("snap"),
        "Description": description,
        "State": "completed",
        "StartTime": now(),
        "Progress": "100%",
        "OwnerId": account,
        "StorageTier": "standard",
    }
    ec2._snapshots[record["SnapshotId"]] = record
    set_tags(record["SnapshotId"], tags)
    return record


def delete_snapshot(request: Body) -> None:
    """Delete a snapshot that no image uses."""
    snapshot_id = request.get("SnapshotId", "")
    if snapshot_id not in ec2._snapshots:
        raise AwsError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.")
    for image in ec2._images.values():
        if any(entry["Ebs"].get("SnapshotId") == snapshot_id for entry in image["BlockDeviceMappings"]):
            raise AwsError(
                "InvalidSnapshot.InUse", f"The snapshot {snapshot_id} is currently in use by {image['ImageId']}"
            )
    del ec2._snapshots[snapshot_id]
    machines.layer_path(f"{snapshot_id}.disk").unlink(missing_ok=True)
    ec2._tags.pop(snapshot_id, None)


def _volume_xml(volume: Any) -> str:
    return render("ec2", "Volume", {**volume, "Tags": tags_of(volume["VolumeId"])})


def _snapshot_xml(record: Any) -> str:
    return render("ec2", "Snapshot", {**record, "Tags": tags_of(record["SnapshotId"])})


def register() -> None:
    """Let ministack's own volume and snapshot actions show keys and tags."""
    ec2._volume_inner_xml = _volume_xml
    ec2._snapshot_inner_xml = _snapshot_xml
    serve("DeleteSnapshot", delete_snapshot, "SnapshotId")
