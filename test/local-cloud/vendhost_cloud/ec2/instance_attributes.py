"""Attributes of instances, one at a time."""

from ministack.services import ec2

from vendhost_cloud.ec2 import instance_types
from vendhost_cloud.ec2.instances import by_id
from vendhost_cloud.ec2.store import serve
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body

_ATTRIBUTES = {
    "instanceType": ("InstanceType", "InstanceType"),
    "userData": ("UserData", "UserData"),
    "disableApiTermination": ("DisableApiTermination", "DisableApiTermination"),
    "instanceInitiatedShutdownBehavior": ("InstanceInitiatedShutdownBehavior", "InstanceInitiatedShutdownBehavior"),
    "sourceDestCheck": ("SourceDestCheck", "SourceDestCheck"),
    "enaSupport": ("EnaSupport", "EnaSupport"),
    "ebsOptimized": ("EbsOptimized", "EbsOptimized"),
    "rootDeviceName": ("RootDeviceName", "RootDeviceName"),
}
_MODIFIABLE = (
    "InstanceType",
    "UserData",
    "DisableApiTermination",
    "InstanceInitiatedShutdownBehavior",
    "SourceDestCheck",
    "EnaSupport",
    "EbsOptimized",
    "SriovNetSupport",
)


def _modify(request: Body) -> None:
    record = by_id(request.pop("InstanceId", ""))
    # The old form names the attribute beside its value.
    if "Attribute" in request:
        name = request.pop("Attribute")
        request = {name[0].upper() + name[1:]: request.get("Value")}
    groups = request.pop("Groups", None)
    if groups:
        record["SecurityGroups"] = [
            {"GroupId": one, "GroupName": ec2._security_groups[one]["GroupName"]} for one in groups
        ]
    for name, value in request.items():
        if name not in _MODIFIABLE:
            raise AwsError("InvalidParameterCombination", f"the local cloud does not modify {name}")
        plain = value.get("Value") if isinstance(value, dict) else value
        if (
            name in ("InstanceType", "UserData", "EnaSupport", "SriovNetSupport")
            and record["State"]["Name"] != "stopped"
        ):
            raise AwsError(
                "IncorrectInstanceState", f"The instance '{record['InstanceId']}' is not in the 'stopped' state."
            )
        if name == "InstanceType":
            instance_types.architecture(str(plain))
        record[name] = plain


def _attribute(request: Body) -> Body:
    record = by_id(request.get("InstanceId", ""))
    name = request.get("Attribute", "")
    if name == "groupSet":
        return {"InstanceId": record["InstanceId"], "Groups": record["SecurityGroups"]}
    if name == "blockDeviceMapping":
        return {"InstanceId": record["InstanceId"], "BlockDeviceMappings": record["BlockDeviceMappings"]}
    if name not in _ATTRIBUTES:
        raise AwsError("InvalidParameterValue", f"the local cloud does not store the attribute '{name}'")
    member, key = _ATTRIBUTES[name]
    return {"InstanceId": record["InstanceId"], member: {"Value": record[key]}}


def register() -> None:
    serve("ModifyInstanceAttribute", _modify, f"InstanceId Attribute Value Groups {' '.join(_MODIFIABLE)}")
    serve("DescribeInstanceAttribute", _attribute, "InstanceId Attribute")
