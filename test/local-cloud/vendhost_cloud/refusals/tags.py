"""Tags of EC2 resources: on what exists, at most fifty, and none of AWS's own.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html, "Tag restrictions"
"""

from ministack.services import ec2

from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import decode
from vendhost_cloud.refusals.interception import Call, before
from vendhost_cloud.service_api import by_a_service

_MOST = 50
_LONGEST_KEY, _LONGEST_VALUE = 128, 256


def register() -> None:
    before("ec2", _look)


def _look(call: Call) -> None:
    if call.operation != "CreateTags":
        return
    request = decode("ec2", "CreateTags", dict(call.parameters))
    given = {str(tag.get("Key", "")): str(tag.get("Value", "")) for tag in request.get("Tags", [])}
    for key, value in given.items():
        if key.lower().startswith("aws:") and not by_a_service.get():
            message = f"Tag keys starting with 'aws:' are reserved for internal use: {key}"
            raise AwsError("InvalidParameterValue", message)
        if not 1 <= len(key) <= _LONGEST_KEY or len(value) > _LONGEST_VALUE:
            raise AwsError("InvalidParameterValue", f"Tag key or value exceeds the maximum length: {key}")
    for resource in request.get("Resources", []):
        _check_exists(resource)
        present = {tag["Key"] for tag in ec2._tags.get(resource, [])}
        own = {key for key in (present | set(given)) if not key.startswith("aws:")}
        if len(own) > _MOST:
            raise AwsError("TagLimitExceeded", f"The maximum number of tags for a resource is {_MOST}: {resource}")


def _check_exists(resource: str) -> None:
    stores = {
        "i": (ec2._instances, "InvalidInstanceID.NotFound"),
        "ami": (ec2._images, "InvalidAMIID.NotFound"),
        "vol": (ec2._volumes, "InvalidVolume.NotFound"),
        "snap": (ec2._snapshots, "InvalidSnapshot.NotFound"),
        "sg": (ec2._security_groups, "InvalidGroup.NotFound"),
        "subnet": (ec2._subnets, "InvalidSubnetID.NotFound"),
        "lt": (ec2._launch_templates, "InvalidLaunchTemplateId.NotFound"),
    }
    ec2._ensure_defaults_initialized()
    store, code = stores.get(resource.partition("-")[0], (None, ""))
    if store is not None and resource not in store:
        raise AwsError(code, f"The ID '{resource}' does not exist")
