"""What Auto Scaling asks of its caller: whether it may launch what a version of a launch template says.

Asked when a group is made or changed with a launch template, and never when `$Latest` becomes another version
(https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html). That page
does not name instance refreshes with a launch template in their desired configuration; here they are asked about, too.
"""

from collections.abc import Iterator

from ministack.services import iam

from vendhost_cloud.authorization import ec2_keys
from vendhost_cloud.authorization.tags import tags_of
from vendhost_cloud.authorization.type_permissions import Permission, Properties
from vendhost_cloud.ec2 import block_devices, image_store
from vendhost_cloud.ec2.launch import template_data
from vendhost_cloud.ec2.store import scope, specified_tags
from vendhost_cloud.errors import AwsError

_RUN = "ec2:RunInstances"


def version_keys(specification: Properties) -> Properties:
    """Whether a request with a launch template gives the number of a version."""
    if not specification:
        return {}
    version = str(specification.get("Version") or "$Default")
    return {"autoscaling:LaunchTemplateVersionSpecified": str(not version.startswith("$")).lower()}


def needed(specification: Properties, subnets: list[str]) -> Iterator[Permission]:
    """Everything a launch of the template's version needs; nothing of a template that does not exist."""
    if not specification:
        return
    try:
        data = template_data(specification)
    except AwsError:
        return
    image = str(data.get("ImageId") or "")
    groups = [*(data.get("SecurityGroupIds") or []), *_of_interfaces(data)]
    key = str(data.get("KeyName") or "")
    existing = [
        *([f"launch-template/{specification['LaunchTemplateId']}"] if specification.get("LaunchTemplateId") else []),
        *(f"security-group/{one}" for one in groups),
        *(f"subnet/{one}" for one in subnets),
        *([f"key-pair/{key}"] if key else []),
    ]
    yield _RUN, _arn(f"image/{image}", ""), {**_tags_of(_arn(f"image/{image}", "")), **ec2_keys.image_keys(image)}
    for resource in existing:
        yield _RUN, _arn(resource), _tags_of(_arn(resource))
    yield _RUN, _arn("network-interface/*"), {"ec2:NetworkInterfaceID": "*"}
    metadata: Properties = data.get("MetadataOptions") or {}
    made: dict[str, Properties] = {
        "instance": {
            "ec2:InstanceType": str(data.get("InstanceType") or "t3.micro"),
            **({"ec2:MetadataHttpTokens": metadata["HttpTokens"]} if metadata.get("HttpTokens") else {}),
        },
        "volume": {"ec2:Encrypted": str(_encrypts(image, data)).lower()},
    }
    for kind, keys in made.items():
        tags = _given(data, kind)
        yield _RUN, _arn(f"{kind}/*"), {**keys, **tags}
        if tags:
            yield "ec2:CreateTags", _arn(f"{kind}/*"), {**tags, "ec2:CreateAction": "RunInstances"}
    for role in profile_roles(data.get("IamInstanceProfile") or {}):
        yield "iam:PassRole", role, {"iam:PassedToService": "ec2.amazonaws.com"}


def profile_roles(given: Properties) -> list[str]:
    """ARNs of the roles of an instance profile, which is given by name or ARN."""
    name = given.get("Name") or str(given.get("Arn") or "").rpartition("/")[2]
    profile = iam._instance_profiles.get(name) or {}
    roles = [role["RoleName"] if isinstance(role, dict) else str(role) for role in profile.get("Roles", [])]
    return [str((iam._roles.get(role) or {}).get("Arn", role)) for role in roles]


def _of_interfaces(data: Properties) -> list[str]:
    interfaces: list[Properties] = data.get("NetworkInterfaces") or []
    return [str(one) for each in interfaces for one in each.get("Groups") or []]


def _encrypts(image: str, data: Properties) -> bool:
    """Whether every volume is encrypted: by the template, or as the image's snapshots are."""
    try:
        devices = image_store.find(image)["BlockDeviceMappings"]
        mappings = block_devices.launch_mappings(devices, data.get("BlockDeviceMappings"))
    except AwsError:
        return False
    return all(block_devices.truth(one["Ebs"].get("Encrypted", False)) for one in mappings)


def _given(data: Properties, kind: str) -> Properties:
    tags = {one["Key"]: one.get("Value", "") for one in specified_tags(data.get("TagSpecifications"), kind)}
    return {"aws:TagKeys": list(tags), **{f"aws:RequestTag/{key}": tags[key] for key in tags}} if tags else {}


def _tags_of(arn: str) -> Properties:
    return {f"aws:ResourceTag/{key}": value for key, value in (tags_of(arn) or {}).items()}


def _arn(resource: str, account: str | None = None) -> str:
    own, region = scope()
    return f"arn:aws:ec2:{region}:{own if account is None else account}:{resource}"
