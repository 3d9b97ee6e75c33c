"""From a launch template or a RunInstances request to instances that boot."""

import base64
import binascii

from ministack.services import ec2

from vendhost_cloud import machines
from vendhost_cloud.ec2 import block_devices, image_store, instance_types, key_pairs, metadata
from vendhost_cloud.ec2.lifecycle import Boot, boot_machine, set_state, terminated
from vendhost_cloud.ec2.store import Record, in_background, new_id, now, scope, set_tags, specified_tags
from vendhost_cloud.errors import AwsError, Unsupported
from vendhost_cloud.query_service import Body

HONOURED = frozenset(
    {
        "ImageId",
        "InstanceType",
        "KeyName",
        "UserData",
        "SecurityGroupIds",
        "SecurityGroups",
        "SubnetId",
        "BlockDeviceMappings",
        "NetworkInterfaces",
        "IamInstanceProfile",
        "TagSpecifications",
        "Monitoring",
        "EbsOptimized",
        "DisableApiTermination",
        "InstanceInitiatedShutdownBehavior",
        "MetadataOptions",
        "CreditSpecification",
        "Placement",
    }
)
"""Settings of a launch that are supported, in a request or a template."""

NEVER_MORE_THAN_NONE = ("CapacityReservationSpecification", "EnclaveOptions")
"""Settings that current Packer always sends; supported when they ask for none."""


def template_data(specification: Body) -> Body:
    """The data of the launch template (by id or name, in its version) a request names."""
    known = specification.get("LaunchTemplateId") or specification.get("LaunchTemplateName")
    wanted = str(specification.get("Version") or "$Default")
    template = next(
        (
            one
            for one in ec2._launch_templates.values()
            if known in (one["LaunchTemplateId"], one["LaunchTemplateName"])
        ),
        None,
    )
    if template is None:
        raise AwsError(
            "InvalidLaunchTemplateId.NotFound",
            f"The specified launch template, with template ID {known}, does not exist.",
        )
    number = {"$Default": template["DefaultVersionNumber"], "$Latest": template["LatestVersionNumber"]}.get(
        wanted, wanted
    )
    for version in template["Versions"]:
        if str(version["VersionNumber"]) == str(number):
            data: Body = version["LaunchTemplateData"]
            return data
    raise AwsError(
        "InvalidLaunchTemplateId.VersionNotFound", f"Could not find launch template version {wanted} of {known}"
    )


def _none(name: str, value: Body) -> bool:
    """Whether a setting asks for none of what it is about."""
    if name not in NEVER_MORE_THAN_NONE:
        return False
    return not block_devices.truth(value.get("Enabled", False)) and not value.get("CapacityReservationTarget")


def launch(data: Body, count: int = 1, *, token: str = "") -> list[Record]:
    """Launch instances; they are `pending` until their sshd answers. `data` has the shape of RunInstances."""
    foreign = sorted(name for name, value in data.items() if value and name not in HONOURED and not _none(name, value))
    if foreign:
        raise Unsupported(f"{', '.join(foreign)} when launching instances")
    try:
        machines.refuse_if_unable()
    except machines.CannotRun as reason:
        raise AwsError("Unsupported", f"the local cloud cannot run instances here: {reason}") from None
    interface: Body = next(iter(data.get("NetworkInterfaces") or []), {})
    subnet = _subnet(
        data.get("SubnetId") or interface.get("SubnetId"), (data.get("Placement") or {}).get("AvailabilityZone")
    )
    image = image_store.launchable(data.get("ImageId") or "")
    kind = data.get("InstanceType") or "t3.micro"
    architecture = instance_types.architecture(kind)
    if architecture != image["Architecture"]:
        raise AwsError(
            "InvalidParameterValue",
            f"The architecture '{architecture}' of the specified instance type does not match the architecture "
            f"'{image['Architecture']}' of the specified AMI.",
        )
    mappings = block_devices.launch_mappings(image["BlockDeviceMappings"], data.get("BlockDeviceMappings"))
    profile_request = data.get("IamInstanceProfile") or {}
    profile, error = ec2._resolve_iam_instance_profile(
        iam_arn=profile_request.get("Arn", ""), iam_name=profile_request.get("Name", "")
    )
    if error is not None:
        raise AwsError("InvalidParameterValue", f"Invalid IAM Instance Profile {next(iter(profile_request.values()))}")
    key = data.get("KeyName") or ""
    boot = Boot(
        layers=image["_Layers"],
        user_data=_user_data(data.get("UserData") or ""),
        authorized_keys=[key_pairs.public_key(key)] if key else [],
    )
    groups = _security_groups(data, interface, subnet)
    public = interface.get("AssociatePublicIpAddress")
    settings: Record = {
        "ImageId": image["ImageId"],
        "InstanceType": kind,
        "KeyName": key,
        "SubnetId": subnet["SubnetId"],
        "VpcId": subnet["VpcId"],
        "SecurityGroups": groups,
        "Architecture": architecture,
        "IamInstanceProfile": profile,
        "ClientToken": token,
        "Placement": {"AvailabilityZone": subnet["AvailabilityZone"], "Tenancy": "default"},
        "Monitoring": {
            "State": "enabled"
            if block_devices.truth((data.get("Monitoring") or {}).get("Enabled", False))
            else "disabled"
        },
        "EbsOptimized": block_devices.truth(data.get("EbsOptimized", False)),
        "MetadataOptions": metadata.options(data.get("MetadataOptions") or {}, image),
        "DisableApiTermination": block_devices.truth(data.get("DisableApiTermination", False)),
        "InstanceInitiatedShutdownBehavior": data.get("InstanceInitiatedShutdownBehavior", "stop"),
        "UserData": data.get("UserData") or "",
        "_Public": block_devices.truth(subnet.get("MapPublicIpOnLaunch", False) if public is None else public),
    }
    return [_create(settings, index, mappings, boot, data) for index in range(count)]


def _create(settings: Record, index: int, mappings: list[Body], boot: Boot, data: Body) -> Record:
    account, region = scope()
    instance_id = new_id("i")
    address = machines.free_address()
    dashed = address.replace(".", "-")
    record: Record = {
        **settings,
        "InstanceId": instance_id,
        "AmiLaunchIndex": index,
        "LaunchTime": now(),
        "PrivateIpAddress": address,
        "PrivateDnsName": f"ip-{dashed}.{region}.compute.internal",
        "PublicIpAddress": address if settings["_Public"] else "",
        "PublicDnsName": f"ec2-{dashed}.{region}.compute.amazonaws.com" if settings["_Public"] else "",
        "SourceDestCheck": True,
        "EnaSupport": True,
        "RootDeviceType": "ebs",
        "RootDeviceName": image_store.ROOT_DEVICE,
        "Hypervisor": "xen",
        "Virtualization": "hvm",
        "VirtualizationType": "hvm",
        "_Account": account,
        "_Region": region,
        "_Boot": boot,
        "_Rebooting": False,
    }
    set_state(record, "pending")
    ec2._instances[instance_id] = record
    if record["IamInstanceProfile"]:
        ec2._upsert_iam_instance_profile_association(instance_id, record["IamInstanceProfile"])
    specifications = data.get("TagSpecifications")
    set_tags(instance_id, specified_tags(specifications, "instance"))
    try:
        record["BlockDeviceMappings"] = block_devices.create_volumes(
            mappings, instance_id, record["Placement"]["AvailabilityZone"], specified_tags(specifications, "volume")
        )
    except AwsError as error:
        # EC2 accepts the request and terminates the instance when its key cannot be used.
        record["BlockDeviceMappings"] = []
        terminated(record, error.message, error.code)
        return record
    in_background(f"boot {instance_id}", lambda: boot_machine(record))
    return record


def _subnet(subnet_id: str | None, zone: str | None) -> Record:
    if subnet_id:
        subnet: Record | None = ec2._subnets.get(subnet_id)
        if subnet is None:
            raise AwsError("InvalidSubnetID.NotFound", f"The subnet ID '{subnet_id}' does not exist")
        return subnet
    for subnet in ec2._subnets.values():
        if subnet.get("DefaultForAz") and zone in (None, "", subnet["AvailabilityZone"]):
            return dict(subnet)
    raise AwsError("MissingInput", "No subnets found for the default VPC. Please specify a subnet.")


def _security_groups(data: Body, interface: Body, subnet: Record) -> list[Body]:
    wanted = list(data.get("SecurityGroupIds") or interface.get("Groups") or [])
    for name in data.get("SecurityGroups") or []:
        wanted.append(next((gid for gid, one in ec2._security_groups.items() if one["GroupName"] == name), name))
    if not wanted:
        wanted = [
            gid
            for gid, one in ec2._security_groups.items()
            if one["GroupName"] == "default" and one["VpcId"] == subnet["VpcId"]
        ][:1]
    for group in wanted:
        if group not in ec2._security_groups:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{group}' does not exist")
        if ec2._security_groups[group]["VpcId"] != subnet["VpcId"]:
            raise AwsError(
                "InvalidParameter",
                f"Security group {group} and subnet {subnet['SubnetId']} belong to different networks.",
            )
    return [{"GroupId": group, "GroupName": ec2._security_groups[group]["GroupName"]} for group in wanted]


def _user_data(encoded: str) -> bytes:
    try:
        data = base64.b64decode(encoded, validate=False)
    except binascii.Error:
        raise AwsError("InvalidParameterValue", "Invalid BASE64 encoding of user data.") from None
    if len(data) > 16384:
        raise AwsError("InvalidParameterValue", "User data is limited to 16384 bytes")
    if data and not data.startswith(b"#!"):
        raise AwsError("UnsupportedOperation", "the local cloud supports only user data that starts with '#!'")
    return data
