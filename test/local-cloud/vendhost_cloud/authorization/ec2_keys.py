"""Condition keys of EC2's own in the requests Vendhost makes.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

from ministack.services import ec2

from vendhost_cloud.authorization.request import Context, Request
from vendhost_cloud.ec2 import image_store
from vendhost_cloud.errors import AwsError

_ATTRIBUTES = ("Description", "ImdsSupport", "LaunchPermission")


def of(request: Request, resource: str) -> Context:
    """Keys of `type/id` in the request, besides its tags."""
    kind, _, name = resource.partition("/")
    if request.operation == "RunInstances":
        return _launched(request, kind, name)
    if request.operation == "ModifyImageAttribute" and kind == "image":
        return {"ec2:Attribute": _attribute(request)}
    if request.operation == "CopyImage" and kind == "image" and name != "*":
        return {"ec2:Owner": image_keys(name).get("ec2:Owner", ""), "ec2:ImageID": name}
    return {}


def key_of(name: str) -> str:
    """The key of an encrypted snapshot or image, by its id; empty for anything else."""
    record = ec2._snapshots.get(name) or {}
    if name.startswith("ami-"):
        mappings = (ec2._images.get(name) or {}).get("BlockDeviceMappings", [])
        record = next((ec2._snapshots.get(entry["Ebs"].get("SnapshotId"), {}) for entry in mappings), {})
    key = str(record.get("KmsKeyId") or "")
    return "" if key.endswith("/aws-ebs-default") else key


def _launched(request: Request, kind: str, name: str) -> Context:
    if kind == "instance":
        return {
            "ec2:InstanceType": request.parameter("InstanceType") or "t3.micro",
            "ec2:MetadataHttpTokens": request.parameter("MetadataOptions.HttpTokens") or "optional",
        }
    if kind == "volume":
        return {"ec2:Encrypted": "true" if _encrypts(request) else "false"}
    if kind == "image":
        return image_keys(name)
    if kind == "network-interface":
        return {"ec2:NetworkInterfaceID": name}
    return {}


def image_keys(image_id: str) -> Context:
    """Whose an image is; none of an image that the caller cannot see."""
    try:
        image = image_store.find(image_id)
    except AwsError:
        return {}
    return {"ec2:Owner": image["OwnerId"], "ec2:Public": str(image_store.is_public(image)).lower()}


def _encrypts(request: Request) -> bool:
    """Whether every volume of a launch is encrypted: by the request, or as the image's snapshots are."""
    wanted = {
        request.parameter(f"BlockDeviceMapping.{number}.DeviceName"): request.parameter(
            f"BlockDeviceMapping.{number}.Ebs.Encrypted"
        )
        for number in range(1, 30)
        if request.parameter(f"BlockDeviceMapping.{number}.DeviceName")
    }
    try:
        mappings = image_store.find(request.parameter("ImageId"))["BlockDeviceMappings"]
    except AwsError:
        mappings = []
    devices = {entry["DeviceName"]: str(entry["Ebs"]["Encrypted"]).lower() for entry in mappings}
    return all(
        value == "true" for value in {**devices, **{name: value for name, value in wanted.items() if value}}.values()
    )


def _attribute(request: Request) -> str:
    """The one attribute a request changes: named, or given by its own parameter."""
    named = request.parameter("Attribute")
    given = (one for one in _ATTRIBUTES if any(str(key).startswith(one) for key in request.query))
    return named or next(given, "")
