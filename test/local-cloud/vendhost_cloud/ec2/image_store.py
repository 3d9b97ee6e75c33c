"""Which images there are and who may see and launch them. The Debian base image is everyone's, in every region."""

import hashlib
import re
from typing import Any

from ministack.services import ec2

from vendhost_cloud.ec2.store import Record, scope
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body

ROOT_DEVICE = "/dev/xvda"
BASE_NAME = "debian-12-amd64-20260101-0001"
BASE_OWNER = "136693071363"
"""Debian's account, https://wiki.debian.org/Cloud/AmazonEC2Image/Bookworm"""

_BASE_CREATED = "2026-01-01T00:00:00.000Z"
_IMAGE_ID = re.compile(r"^ami-[0-9a-f]{8}([0-9a-f]{9})?$")


def base_image(region: str) -> Record:
    """The image every bake starts from: the bare base layer. Its id differs by region, as AWS's do."""
    digest = hashlib.sha256(f"{BASE_NAME} {region}".encode()).hexdigest()
    return {
        "ImageId": f"ami-{digest[:17]}",
        "Name": BASE_NAME,
        "Description": "Debian 12 (local cloud)",
        "ImageLocation": f"amazon/{BASE_NAME}",
        "OwnerId": BASE_OWNER,
        "Public": True,
        "CreationDate": _BASE_CREATED,
        "BlockDeviceMappings": [
            {
                "DeviceName": ROOT_DEVICE,
                "Ebs": {
                    "SnapshotId": f"snap-{digest[17:34]}",
                    "VolumeSize": 8,
                    "VolumeType": "gp3",
                    "Iops": 3000,
                    "Throughput": 125,
                    "Encrypted": False,
                    "DeleteOnTermination": True,
                },
            }
        ],
        **common(),
        "_Layers": [],
    }


def common() -> Body:
    """What all images of the local cloud have in common."""
    return {
        "State": "available",
        "Architecture": "x86_64",
        "ImageType": "machine",
        "RootDeviceName": ROOT_DEVICE,
        "RootDeviceType": "ebs",
        "VirtualizationType": "hvm",
        "Hypervisor": "xen",
        "EnaSupport": True,
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
    }


def visible() -> list[Record]:
    """The images the caller sees in this region: its own, those shared with it, public ones."""
    account, region = scope()
    stored = [image for (_, its_region, _), image in ec2._images.all_items() if its_region == region]
    return [image for image in stored if image["OwnerId"] == account or _shared(image, account)] + [base_image(region)]


def find(image_id: str) -> Record:
    """A visible image by its id."""
    for image in visible():
        if image["ImageId"] == image_id:
            return image
    if not _IMAGE_ID.match(image_id):
        raise AwsError("InvalidAMIID.Malformed", f'Invalid id: "{image_id}"')
    raise AwsError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")


def own(image_id: str) -> Record:
    """An image of the caller's own account."""
    image = find(image_id)
    if image["OwnerId"] != scope()[0]:
        raise AwsError("AuthFailure", f"Not authorized for image:{image_id}")
    return image


def launchable(image_id: str) -> Record:
    """An image one can launch instances of."""
    image = find(image_id)
    if image["State"] != "available":
        raise AwsError(
            "InvalidAMIID.Unavailable", f"The image ID '[{image_id}]' is not available: it is {image['State']}"
        )
    return image


def is_public(image: Record) -> bool:
    return bool(image.get("Public")) or any(one.get("Group") == "all" for one in image.get("LaunchPermissions", []))


def _shared(image: Any, account: str) -> bool:
    return is_public(image) or any(one.get("UserId") == account for one in image.get("LaunchPermissions", []))
