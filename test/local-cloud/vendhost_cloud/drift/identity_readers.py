"""Readers of IAM's and KMS's types."""

import json
from typing import Any
from urllib.parse import unquote

from vendhost_cloud.drift.reader import Properties, Reader, in_order_of, only
from vendhost_cloud.service_api import call


def _document(value: Any) -> Any:
    """A policy as an object; IAM answers it as text, botocore reads some of them."""
    return json.loads(unquote(value)) if isinstance(value, str) else value


def _role(name: str, properties: Properties) -> Properties:
    found = call("iam", "GetRole", {"RoleName": name})["Role"]
    attached = call("iam", "ListAttachedRolePolicies", {"RoleName": name})["AttachedPolicies"]
    inline = call("iam", "ListRolePolicies", {"RoleName": name})["PolicyNames"]
    documents = {
        policy: _document(call("iam", "GetRolePolicy", {"RoleName": name, "PolicyName": policy})["PolicyDocument"])
        for policy in inline
    }
    expected = [one["PolicyName"] for one in properties.get("Policies") or []]
    boundary = (found.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    return {
        **only(found, "RoleName", "Path", "Description", "MaxSessionDuration"),
        "AssumeRolePolicyDocument": _document(found["AssumeRolePolicyDocument"]),
        **({"PermissionsBoundary": boundary} if boundary else {}),
        "ManagedPolicyArns": in_order_of(properties.get("ManagedPolicyArns"), [one["PolicyArn"] for one in attached]),
        "Policies": [
            {"PolicyName": policy, "PolicyDocument": documents[policy]} for policy in in_order_of(expected, inline)
        ],
        "Tags": found.get("Tags") or [],
    }


def _managed_policy(arn: str, _: Properties) -> Properties:
    found = call("iam", "GetPolicy", {"PolicyArn": arn})["Policy"]
    version = call("iam", "GetPolicyVersion", {"PolicyArn": arn, "VersionId": found["DefaultVersionId"]})
    return {
        "ManagedPolicyName": found["PolicyName"],
        **only(found, "Path", "Description"),
        "PolicyDocument": _document(version["PolicyVersion"]["Document"]),
    }


def _instance_profile(name: str, _: Properties) -> Properties:
    found = call("iam", "GetInstanceProfile", {"InstanceProfileName": name.rpartition("/")[2]})["InstanceProfile"]
    return {
        "InstanceProfileName": found["InstanceProfileName"],
        "Roles": [role["RoleName"] for role in found.get("Roles") or []],
    }


def _oidc_provider(arn: str, properties: Properties) -> Properties:
    found = call("iam", "GetOpenIDConnectProvider", {"OpenIDConnectProviderArn": arn})
    # IAM shows the address without its protocol; CloudFormation compares it with it.
    url = f"https://{str(found['Url']).removeprefix('https://')}"
    return {
        "Url": url,
        "ClientIdList": in_order_of(properties.get("ClientIdList"), found.get("ClientIDList") or []),
        "Tags": found.get("Tags") or [],
    }


def _key(key_id: str, _: Properties) -> Properties | None:
    found = call("kms", "DescribeKey", {"KeyId": key_id})["KeyMetadata"]
    if found.get("KeyState") == "PendingDeletion":
        return None
    policy = call("kms", "GetKeyPolicy", {"KeyId": key_id, "PolicyName": "default"})["Policy"]
    rotation = call("kms", "GetKeyRotationStatus", {"KeyId": key_id})["KeyRotationEnabled"]
    tags = call("kms", "ListResourceTags", {"KeyId": key_id}).get("Tags") or []
    return {
        **only(found, "Description"),
        "EnableKeyRotation": rotation,
        "KeyPolicy": _document(policy),
        "Tags": [{"Key": tag["TagKey"], "Value": tag["TagValue"]} for tag in tags],
    }


def _alias(name: str, properties: Properties) -> Properties | None:
    for alias in call("kms", "ListAliases", {})["Aliases"]:
        if alias["AliasName"] == name:
            expected = str(properties.get("TargetKeyId"))
            target = alias["TargetKeyId"]
            return {"AliasName": name, "TargetKeyId": expected if expected.endswith(target) else target}
    return None


READERS = {
    "AWS::IAM::Role": Reader(
        _role,
        (
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
        ),
        tags=True,
    ),
    "AWS::IAM::ManagedPolicy": Reader(_managed_policy, ("Description", "ManagedPolicyName", "Path", "PolicyDocument")),
    "AWS::IAM::InstanceProfile": Reader(_instance_profile, ("InstanceProfileName", "Roles")),
    "AWS::IAM::OIDCProvider": Reader(_oidc_provider, ("ClientIdList", "Url"), tags=True),
    "AWS::KMS::Key": Reader(_key, ("Description", "EnableKeyRotation", "KeyPolicy"), tags=True),
    "AWS::KMS::Alias": Reader(_alias, ("AliasName", "TargetKeyId")),
}
