"""Images of snapshots: what is in their blocks is what their instances have."""

from ministack.services import ec2

from vendhost_cloud.ebs import contents
from vendhost_cloud.ec2.block_devices import truth
from vendhost_cloud.ec2.images import add_image, free_name
from vendhost_cloud.ec2.store import Record, in_background, new_id, serve
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body


def _register_image(request: Body) -> Body:
    if request.get("ImageLocation"):
        raise AwsError("UnsupportedOperation", "the local cloud registers images of snapshots only")
    name = free_name(request)
    mappings, root = [], ""
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
            root = source["SnapshotId"]
    if not root:
        raise AwsError("InvalidParameterValue", "The root device has no snapshot in the block device mappings")
    image_id = new_id("ami")
    taken = ("Architecture", "RootDeviceName", "VirtualizationType", "EnaSupport", "ImdsSupport", "BootMode")
    given = {key: request[key] for key in (*taken, "TpmSupport", "SriovNetSupport") if key in request}
    image = add_image(image_id, name, request, mappings, **given)
    image["EnaSupport"] = truth(image["EnaSupport"])

    def unpack() -> None:
        image.update(_Layers=contents.layers_of(root, image_id), State="available")

    in_background(f"register {image_id}", unpack)
    return {"ImageId": image_id}


def _snapshot(snapshot_id: str) -> Record:
    found: Record | None = ec2._snapshots.get(snapshot_id)
    if found is None:
        raise AwsError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.")
    return found


def register() -> None:
    serve(
        "RegisterImage",
        _register_image,
        "Name Description Architecture RootDeviceName VirtualizationType EnaSupport ImdsSupport BootMode TpmSupport "
        "SriovNetSupport BlockDeviceMappings TagSpecifications",
    )
