"""Instance metadata options: those of the launch, the image and the account defaults.

The order is AWS's: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html
`vendhost_cloud.metadata_service` answers by them.
"""

from ministack.services import ec2

from vendhost_cloud.ec2.store import Record, scope, serve
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body

_defaults: dict[tuple[str, str], Body] = {}
_MEMBERS = ("HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "InstanceMetadataTags")


def options(wanted: Body, image: Record) -> Body:
    """The options of an instance."""
    chosen: Body = {
        "HttpTokens": "optional",
        "HttpPutResponseHopLimit": 1,
        "HttpEndpoint": "enabled",
        "HttpProtocolIpv6": "disabled",
        "InstanceMetadataTags": "disabled",
    }
    for name, value in _defaults.get(scope(), {}).items():
        chosen[name] = value
    if image.get("ImdsSupport") == "v2.0":
        chosen.update(HttpTokens="required", HttpPutResponseHopLimit=2)
    chosen.update({name: value for name, value in wanted.items() if value not in (None, "")})
    chosen["HttpPutResponseHopLimit"] = int(chosen["HttpPutResponseHopLimit"])
    return {**chosen, "State": "applied"}


def _modify_defaults(request: Body) -> Body:
    current = _defaults.setdefault(scope(), {})
    for name, value in request.items():
        if value in ("no-preference", -1):
            current.pop(name, None)
        else:
            current[name] = value
    return {"Return": True}


def _get_defaults(_: Body) -> Body:
    return {"AccountLevel": {**_defaults.get(scope(), {}), "ManagedBy": "account"}}


def _modify_instance(request: Body) -> Body:
    instance_id = request.pop("InstanceId", "")
    record = ec2._instances.get(instance_id)
    if record is None:
        raise AwsError("InvalidInstanceID.NotFound", f"The instance ID '{instance_id}' does not exist")
    record["MetadataOptions"].update(request)
    return {"InstanceId": instance_id, "InstanceMetadataOptions": record["MetadataOptions"]}


def reset() -> None:
    _defaults.clear()


def register() -> None:
    members = " ".join(_MEMBERS)
    serve("ModifyInstanceMetadataDefaults", _modify_defaults, members)
    serve("GetInstanceMetadataDefaults", _get_defaults, "")
    serve("ModifyInstanceMetadataOptions", _modify_instance, f"InstanceId HttpProtocolIpv6 {members}")
