"""The instance types the local cloud knows: names, sizes and architectures; it has no hardware of its own."""

from collections.abc import Callable

from ministack.services import ec2

from vendhost_cloud.ec2.store import matches, scope, serve
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Answer, Body, Params, page

_SMALL = ["nano", "micro", "small", "medium", "large", "xlarge", "2xlarge"]
_BIG = ["large", "xlarge", "2xlarge", "4xlarge"]
_FAMILIES = {
    **dict.fromkeys(("t2", "t3", "t3a", "t4g"), _SMALL),
    **dict.fromkeys(("m5", "m6i", "m6g", "m7i", "m7g", "c5", "c6i", "c6g", "c7i", "c7g", "r5", "r6i", "r6g"), _BIG),
}
_ARM = {"t4g", "m6g", "m7g", "c6g", "c7g", "r6g"}

TYPES = {
    f"{family}.{size}": "arm64" if family in _ARM else "x86_64" for family, sizes in _FAMILIES.items() for size in sizes
}
"""Instance type -> architecture."""


def architecture(instance_type: str) -> str:
    """The architecture of a type; refuses unknown ones."""
    if instance_type not in TYPES:
        raise AwsError("InvalidParameterValue", f"Invalid value '{instance_type}' for InstanceType.")
    return TYPES[instance_type]


def _offerings(request: Body) -> Body:
    kind = request.get("LocationType", "region")
    _, region = scope()
    locations = {
        "region": [region],
        "availability-zone": [f"{region}{letter}" for letter in "abc"],
        "availability-zone-id": [ec2._az_id_for_zone_name(f"{region}{letter}") for letter in "abc"],
    }.get(kind)
    if locations is None:
        raise AwsError("InvalidParameterValue", f"Invalid value '{kind}' for locationType")
    fields = {"instance-type": lambda one: one["InstanceType"], "location": lambda one: one["Location"]}
    offerings = [
        {"InstanceType": name, "LocationType": kind, "Location": location} for name in TYPES for location in locations
    ]
    found = [one for one in offerings if matches(one, request.get("Filters"), fields, "")]
    shown, token = page(found, request)
    return {"InstanceTypeOfferings": shown, "NextToken": token}


def _known_types_only(known: Callable[[Params], Answer]) -> Callable[[Params], Answer]:
    def describe(params: Params) -> Answer:
        unknown = [one for one in ec2._parse_member_list(params, "InstanceType") if one not in TYPES]
        if unknown:
            message = f"The following supplied instance types do not exist: [{', '.join(unknown)}]"
            refused: Answer = ec2._error("InvalidInstanceType", message, 400)
            return refused
        return known(params)

    return describe


def register() -> None:
    serve("DescribeInstanceTypeOfferings", _offerings, "LocationType Filters MaxResults NextToken")
    ec2._ACTION_MAP["DescribeInstanceTypes"] = _known_types_only(ec2._ACTION_MAP["DescribeInstanceTypes"])
