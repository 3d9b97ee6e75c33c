"""Volumes of snapshots, snapshots of volumes, images of snapshots: what an image's disk is copied by.

Nothing of a disk is read here: a snapshot remembers which layers its image was made of, and gives them to the copy.
"""

from ministack.services import ec2, kms

from vendhost_cloud.ec2.block_devices import add_snapshot, key_arn, truth
from vendhost_cloud.ec2.images import add_image, free_name
from vendhost_cloud.ec2.store import Record, in_background, new_id, now, serve, set_tags, specified_tags
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body

_made_by_token: dict[str, str] = {}


def _create_volume(request: Body) -> Body:
    token = request.get("ClientToken", "")
    # https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
    if token and _made_by_token.get(token) in ec2._volumes:
        return dict(ec2._volumes[_made_by_token[token]])
    snapshot_id = request.get("SnapshotId", "")
    if not (snapshot_id or request.get("Size")):
        raise AwsError("MissingParameter", "The request must contain the parameter size or snapshotId")
    source: Record = _snapshot(snapshot_id) if snapshot_id else {}
    least = int(source.get("VolumeSize") or 0)
    size = int(request.get("Size") or least)
    if size < least:
        raise AwsError(
            "InvalidParameterValue", f"Volume of {size}GiB is too small for snapshot {snapshot_id}: at least {least}GiB"
        )
    encrypted = truth(request.get("Encrypted", False))
    if request.get("KmsKeyId") and not encrypted:
        raise AwsError(
            "InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."
        )
    kind = request.get("VolumeType", "gp2")
    volume: Record = {
        "VolumeId": new_id("vol"),
        "Size": size,
        "AvailabilityZone": request.get("AvailabilityZone", ""),
        "State": "creating",
        "VolumeType": kind,
        "SnapshotId": snapshot_id,
        "Encrypted": encrypted or bool(source.get("Encrypted")),
        "CreateTime": now(),
        "MultiAttachEnabled": False,
        "Attachments": [],
        **({"Iops": 3000, "Throughput": 125} if kind == "gp3" else {}),
    }
    if volume["Encrypted"]:
        volume["KmsKeyId"] = key_arn(request["KmsKeyId"]) if "KmsKeyId" in request else source.get("KmsKeyId")
    volume["_Layers"] = _layers_of(snapshot_id)
    ec2._volumes[volume["VolumeId"]] = volume
    set_tags(volume["VolumeId"], specified_tags(request.get("TagSpecifications"), "volume"))
    if token:
        _made_by_token[token] = volume["VolumeId"]
    # What EC2 cannot decrypt becomes no volume; the call has been answered by then.
    key = kms._resolve_key(str(source["KmsKeyId"])) if source.get("KmsKeyId") else None
    state = "available" if key is None or key["KeyState"] == "Enabled" else "error"
    in_background(f"create {volume['VolumeId']}", lambda: volume.update(State=state))
    return {**volume, "State": "creating"}


def _create_snapshot(request: Body) -> Body:
    volume = ec2._volumes.get(request.get("VolumeId", ""))
    if volume is None:
        raise AwsError("InvalidVolume.NotFound", f"The volume '{request.get('VolumeId')}' does not exist.")
    if volume["State"] not in ("available", "in-use"):
        raise AwsError("IncorrectState", f"Volume {volume['VolumeId']} is {volume['State']}")
    record = add_snapshot(
        {
            "VolumeId": volume["VolumeId"],
            "VolumeSize": volume["Size"],
            "Encrypted": volume["Encrypted"],
            **({"KmsKeyId": volume["KmsKeyId"]} if volume.get("KmsKeyId") else {}),
        },
        request.get("Description", ""),
        specified_tags(request.get("TagSpecifications"), "snapshot"),
    )
    record.update(State="pending", _Layers=volume.get("_Layers", []))
    in_background(f"create {record['SnapshotId']}", lambda: record.update(State="completed"))
    return {**record, "State": "pending"}


def _register_image(request: Body) -> Body:
    if request.get("ImageLocation"):
        raise AwsError("UnsupportedOperation", "the local cloud registers images of snapshots only")
    name = free_name(request)
    mappings, layers = [], []
    for entry in request.get("BlockDeviceMappings", []):
        ebs = entry.get("Ebs") or {}
        source = _snapshot(ebs.get("SnapshotId", ""))
        if source["State"] != "completed":
            raise AwsError("IncorrectState", f"The snapshot {source['SnapshotId']} is {source['State']}")
        mappings.append(
            {
                "DeviceName": entry["DeviceName"],
                "Ebs": {
                    "VolumeType": "gp2",
                    "VolumeSize": source["VolumeSize"],
                    "DeleteOnTermination": True,
                    **ebs,
                    "Encrypted": source["Encrypted"],
                },
            }
        )
        if entry["DeviceName"] == request.get("RootDeviceName"):
            layers = source.get("_Layers", [])
    if request.get("RootDeviceName") not in [entry["DeviceName"] for entry in mappings]:
        raise AwsError("InvalidParameterValue", "The root device has no snapshot in the block device mappings")
    image_id = new_id("ami")
    taken = ("Architecture", "RootDeviceName", "VirtualizationType", "EnaSupport", "ImdsSupport", "BootMode")
    given = {key: request[key] for key in (*taken, "TpmSupport", "SriovNetSupport") if key in request}
    image = add_image(image_id, name, request, mappings, **given)
    image["EnaSupport"] = truth(image["EnaSupport"])

    in_background(f"register {image_id}", lambda: image.update(_Layers=layers, State="available"))
    return {"ImageId": image_id}


def _snapshot(snapshot_id: str) -> Record:
    found: Record | None = ec2._snapshots.get(snapshot_id)
    if found is None:
        raise AwsError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.")
    return found


def _layers_of(snapshot_id: str) -> list[str]:
    """Of the copy of an image's disk, or of an image's own."""
    layers = (ec2._snapshots.get(snapshot_id) or {}).get("_Layers")
    if layers is not None:
        return list(layers)
    for image in ec2._images.values():
        if any(entry["Ebs"].get("SnapshotId") == snapshot_id for entry in image["BlockDeviceMappings"]):
            return list(image["_Layers"])
    return []


def register() -> None:
    serve(
        "CreateVolume",
        _create_volume,
        "AvailabilityZone SnapshotId Size VolumeType Iops Throughput Encrypted KmsKeyId TagSpecifications ClientToken",
    )
    serve("CreateSnapshot", _create_snapshot, "VolumeId Description TagSpecifications")
    serve(
        "RegisterImage",
        _register_image,
        "Name Description Architecture RootDeviceName VirtualizationType EnaSupport ImdsSupport BootMode TpmSupport "
        "SriovNetSupport BlockDeviceMappings TagSpecifications",
    )
