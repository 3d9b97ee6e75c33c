"""What the metadata service knows of an instance.

The categories: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html
"""

import json
from typing import Any

from vendhost_cloud.ec2.store import Record, scope, tags_of
from vendhost_cloud.metadata_service.credentials import credentials
from vendhost_cloud.roles import Role, of_instance

Tree = dict[str, Any]


def document(record: Record, path: str) -> str | None:
    """The text at a path below the version: a value, or the names below it; None where there is nothing."""
    found: Any = _tree(record)
    for part in [each for each in path.split("/") if each]:
        if not isinstance(found, dict) or part not in found:
            return None
        found = found[part]
    if callable(found):
        found = found()
    if isinstance(found, dict):
        # A role is listed without a slash: it is a value.
        return "\n".join(f"{name}/" if isinstance(below, dict) else name for name, below in found.items())
    return None if found in (None, "") else str(found)


def _tree(record: Record) -> Tree:
    role = of_instance(record)
    metadata: Tree = {
        "ami-id": record["ImageId"],
        "ami-launch-index": str(record["AmiLaunchIndex"]),
        "hostname": record["PrivateDnsName"],
        **({} if role is None else {"iam": _iam(record, role)}),
        "instance-id": record["InstanceId"],
        "instance-life-cycle": "on-demand",
        "instance-type": record["InstanceType"],
        "local-hostname": record["PrivateDnsName"],
        "local-ipv4": record["PrivateIpAddress"],
        "placement": {"availability-zone": record["Placement"]["AvailabilityZone"], "region": scope()[1]},
        "security-groups": "\n".join(group["GroupName"] for group in record["SecurityGroups"]),
        "services": {"domain": "amazonaws.com", "partition": "aws"},
    }
    if record["PublicIpAddress"]:
        metadata["public-ipv4"] = record["PublicIpAddress"]
    if record["MetadataOptions"]["InstanceMetadataTags"] == "enabled":
        metadata["tags"] = {"instance": {tag["Key"]: tag["Value"] for tag in tags_of(record["InstanceId"])}}
    return {
        "meta-data": metadata,
        "dynamic": {"instance-identity": {"document": lambda: _identity(record)}},
        **({"user-data": lambda: record["_Boot"].user_data.decode(errors="replace")} if record["UserData"] else {}),
    }


def _iam(record: Record, role: Role) -> Tree:
    profile = record["IamInstanceProfile"]
    information = {"Code": "Success", "InstanceProfileArn": profile["Arn"], "InstanceProfileId": profile.get("Id", "")}
    return {
        "info": json.dumps(information, indent=2),
        "security-credentials": {role.name: lambda: json.dumps(credentials(record["InstanceId"], role), indent=2)},
    }


def _identity(record: Record) -> str:
    account, region = scope()
    return json.dumps(
        {
            "accountId": account,
            "architecture": record["Architecture"],
            "availabilityZone": record["Placement"]["AvailabilityZone"],
            "imageId": record["ImageId"],
            "instanceId": record["InstanceId"],
            "instanceType": record["InstanceType"],
            "pendingTime": record["LaunchTime"].replace(".000Z", "Z"),
            "privateIp": record["PrivateIpAddress"],
            "region": region,
            "version": "2017-09-30",
        },
        indent=2,
    )
