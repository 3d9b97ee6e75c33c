"""Resources of EC2 requests: RunInstances names a dozen, Describe calls none."""

from vendhost_cloud.authorization import ec2_keys
from vendhost_cloud.authorization.group_launches import profile_roles
from vendhost_cloud.authorization.keys import key_requirement
from vendhost_cloud.authorization.request import Context, Request, Requirement, pass_role
from vendhost_cloud.authorization.tags import tags_of

_TYPES = {
    "ami": "image",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "i": "instance",
    "key": "key-pair",
    "lt": "launch-template",
    "sg": "security-group",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
}
"""Prefix of an id -> type of the resource in an ARN."""

_CREATES = {
    "CopyImage": ["image/*", "snapshot/*"],
    "CreateImage": ["image/*", "snapshot/*"],
    "CreateKeyPair": ["key-pair/{KeyName}"],
    "CreateLaunchTemplate": ["launch-template/*"],
    "CreateSecurityGroup": ["security-group/*"],
    "CreateSnapshot": ["snapshot/*"],
    "CreateVolume": ["volume/*"],
    "ImportKeyPair": ["key-pair/{KeyName}"],
    "RegisterImage": ["image/*"],
    "RunInstances": ["instance/*", "volume/*", "network-interface/*"],
}
"""Resource types that an operation creates and can tag on creation."""

_TAGS_UNKNOWN = ("CopyImage", "CopySnapshot")
"""No condition can ask for the tags of what these copy: aws:ResourceTag is not among their keys.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_ec2.html"""

_IDS = (
    "InstanceId",
    "ImageId",
    "SourceImageId",
    "GroupId",
    "VpcId",
    "SubnetId",
    "SnapshotId",
    "SourceSnapshotId",
    "VolumeId",
)
_LISTS = ("InstanceId", "SecurityGroupId", "ResourceId", "SecurityGroup")


def requirements(request: Request) -> list[Requirement]:
    if request.operation.startswith(("Describe", "Get")):
        return [request.needs("*")]
    made = [resource.format(KeyName=request.parameter("KeyName")) for resource in _CREATES.get(request.operation, [])]
    needed = [
        request.needs(_arn(request, resource), {**_tags_of_new(request, resource), **ec2_keys.of(request, resource)})
        for resource in made
    ]
    existing = [resource for resource in _named(request) if resource not in made]
    given = _request_tags(_tag_list(request, "Tag"))
    for resource in existing:
        arn = _arn(request, resource)
        tags = {} if request.operation in _TAGS_UNKNOWN else _existing_tags(arn)
        needed.append(request.needs(arn, {**given, **tags, **ec2_keys.of(request, resource)}))
    needed += [_tagging(request, resource) for resource in made if _tags_of_new(request, resource)]
    needed += _instance_profile(request)
    needed += [*_volume_keys(request), *_source_keys(request)]
    return needed or [request.needs("*")]


def _named(request: Request) -> list[str]:
    """`type/id` of every existing resource the request names."""
    ids = [request.parameter(name) for name in _IDS if request.parameter(name)]
    ids += [value for name in _LISTS for value in request.parameters(name)]
    # A launch may name subnet and groups for each of its network interfaces.
    for number in range(1, 16):
        interface = f"NetworkInterface.{number}"
        ids += [request.parameter(f"{interface}.{name}") for name in ("SubnetId", "NetworkInterfaceId")]
        ids += request.parameters(f"{interface}.SecurityGroupId")
    if request.operation == "RegisterImage":
        ids += [request.parameter(f"BlockDeviceMapping.{number}.Ebs.SnapshotId") for number in range(1, 30)]
    resources = [f"{_TYPES[prefix]}/{id_}" for id_ in ids for prefix in [id_.partition("-")[0]] if prefix in _TYPES]
    name = request.parameter("KeyName")
    if name:
        resources.append(f"key-pair/{name}")
    return list(dict.fromkeys(resources))


def _arn(request: Request, resource: str) -> str:
    # Images and snapshots can be shared between accounts: their ARNs name none.
    account = "" if resource.startswith(("image/", "snapshot/")) else request.account
    return f"arn:aws:ec2:{request.region}:{account}:{resource}"


def _tags_of_new(request: Request, resource: str) -> Context:
    """aws:RequestTag/… of what the request creates, from its TagSpecification of that type."""
    kind = resource.partition("/")[0]
    tags: dict[str, str] = {}
    for number in range(1, 50):
        prefix = f"TagSpecification.{number}"
        if not request.parameter(f"{prefix}.ResourceType"):
            break
        if request.parameter(f"{prefix}.ResourceType") == kind:
            tags |= _tag_list(request, f"{prefix}.Tag")
    return _request_tags(tags)


def _request_tags(tags: dict[str, str]) -> Context:
    if not tags:
        return {}
    return {**{f"aws:RequestTag/{key}": value for key, value in tags.items()}, "aws:TagKeys": list(tags)}


def _tag_list(request: Request, prefix: str) -> dict[str, str]:
    tags: dict[str, str] = {}
    for number in range(1, 100):
        key = request.parameter(f"{prefix}.{number}.Key")
        if not key:
            break
        tags[key] = request.parameter(f"{prefix}.{number}.Value")
    return tags


def _tagging(request: Request, resource: str) -> Requirement:
    """Tagging on creation needs ec2:CreateTags, which policies limit by ec2:CreateAction."""
    context = {**_tags_of_new(request, resource), "ec2:CreateAction": request.operation}
    return Requirement("ec2:CreateTags", _arn(request, resource), "ec2", context)


def _existing_tags(arn: str) -> Context:
    tags = tags_of(arn) or {}
    return {f"{prefix}:ResourceTag/{key}": value for key, value in tags.items() for prefix in ("aws", "ec2")}


def _instance_profile(request: Request) -> list[Requirement]:
    """An instance with a profile gets the profile's role."""
    given = {name: request.parameter(f"IamInstanceProfile.{name}") for name in ("Name", "Arn")}
    return [pass_role(arn, "ec2.amazonaws.com") for arn in profile_roles(given)]


def _volume_keys(request: Request) -> list[Requirement]:
    """An encrypted volume: EC2 calls KMS as the caller."""
    needed: list[Requirement] = []
    named = [request.parameter(f"BlockDeviceMapping.{number}.Ebs.KmsKeyId") for number in range(1, 30)]
    for key in named:
        if key:
            actions = ("kms:GenerateDataKeyWithoutPlaintext", "kms:CreateGrant")
            grant = {"kms:GrantIsForAWSResource": "true"}
            needed += [key_requirement(request, action, key, "ec2", grant) for action in actions]
    return needed


def _source_keys(request: Request) -> list[Requirement]:
    """A copy of an encrypted disk: EC2 reads it with its key, as the caller.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
    """
    if request.operation not in ("CopyImage", "CopySnapshot"):
        return []
    keys = {ec2_keys.key_of(one.partition("/")[2]) for one in _named(request)}
    actions = ("kms:Decrypt", "kms:ReEncryptFrom")
    return [key_requirement(request, action, key, "ec2") for key in sorted(keys - {""}) for action in actions]
