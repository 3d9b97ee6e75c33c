"""AWS::CloudTrail::Trail."""

import json
from typing import Any

from ministack.services import s3

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType, truth
from vendhost_cloud.service_api import call, call_unless_gone

_RENAMED = {
    "KMSKeyId": "KmsKeyId",
    "CloudWatchLogsLogGroupArn": "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn": "CloudWatchLogsRoleArn",
    "S3BucketName": "S3BucketName",
    "S3KeyPrefix": "S3KeyPrefix",
    "SnsTopicName": "SnsTopicName",
}
_SWITCHES = (
    "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail",
    "EnableLogFileValidation",
    "IsOrganizationTrail",
)
_DEFAULTS = {
    "KmsKeyId": "",
    "S3KeyPrefix": "",
    "IncludeGlobalServiceEvents": True,
    "IsMultiRegionTrail": False,
    "EnableLogFileValidation": False,
}


def _create(resource: Resource) -> Created:
    name = resource.name("TrailName", 128)
    _assert_bucket(resource.properties["S3BucketName"])
    call("cloudtrail", "CreateTrail", {"Name": name, **_request(resource.properties)})
    # CreateTrail of ministack forgets some of its members; UpdateTrail does not.
    return _configure(name, resource)


def _update(resource: Resource) -> Created:
    _assert_bucket(resource.properties["S3BucketName"])
    return _configure(resource.physical_id, resource)


def _configure(name: str, resource: Resource) -> Created:
    """Make an existing trail match the template; properties it leaves out return to their defaults."""
    trail = call("cloudtrail", "UpdateTrail", {"Name": name, **_DEFAULTS, **_request(resource.properties)})
    for operation, tags in (
        ("RemoveTags", resource.previous.get("Tags")),
        ("AddTags", resource.properties.get("Tags")),
    ):
        if tags:
            call("cloudtrail", operation, {"ResourceId": trail["TrailARN"], "TagsList": tags})
    selectors = resource.pick("EventSelectors", "AdvancedEventSelectors")
    if selectors:
        call("cloudtrail", "PutEventSelectors", {"TrailName": name, **selectors})
    logging = "StartLogging" if truth(resource.properties["IsLogging"]) else "StopLogging"
    call("cloudtrail", logging, {"Name": name})
    return Created(name, {"Arn": trail["TrailARN"], "SnsTopicArn": trail.get("SnsTopicARN", "")})


def _request(properties: Properties) -> dict[str, Any]:
    texts = {theirs: properties[ours] for ours, theirs in _RENAMED.items() if ours in properties}
    switches = {name: truth(properties[name]) for name in _SWITCHES if name in properties}
    return {**texts, **switches}


def _assert_bucket(bucket: str) -> None:
    """CloudTrail writes a test object: a missing bucket or bucket policy fails the trail on AWS too."""
    if bucket not in s3._buckets:
        raise ValueError(f"S3 bucket {bucket} does not exist! (S3BucketDoesNotExistException)")
    policy = json.loads(s3._bucket_policies.get(bucket) or "{}")
    if not any(_lets_cloudtrail_write(statement) for statement in policy.get("Statement", [])):
        message = "Incorrect S3 bucket policy is detected for bucket"
        raise ValueError(f"{message}: {bucket} (InsufficientS3BucketPolicyException)")


def _lets_cloudtrail_write(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    actions = statement.get("Action", [])
    return (
        statement.get("Effect") == "Allow"
        and "cloudtrail.amazonaws.com" in ([services] if isinstance(services, str) else services)
        and bool({"s3:PutObject", "s3:*"} & set([actions] if isinstance(actions, str) else actions))
    )


def _delete(physical_id: str, _: Properties) -> None:
    call_unless_gone("cloudtrail", "DeleteTrail", {"Name": physical_id})


TYPES = {
    "AWS::CloudTrail::Trail": ResourceType(
        _create, _update, _delete, replaces=("TrailName",), custom_name="TrailName", tags=True
    ),
}
