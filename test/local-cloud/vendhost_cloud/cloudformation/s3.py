"""AWS::S3::Bucket properties that ministack's own handler leaves out: they go through the S3 API."""

from collections.abc import Callable
from typing import Any

from ministack.services import s3 as store
from ministack.services.cloudformation import provisioners

from vendhost_cloud.cloudformation.resource_type import Properties
from vendhost_cloud.service_api import call, call_unless_gone

Handler = Callable[..., tuple[str, dict[str, str]]]


def register() -> None:
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create: Handler = handlers["create"]
    update: Handler = handlers["update"]
    delete: Callable[[str, Properties], None] = handlers["delete"]

    def create_bucket(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, str]]:
        bucket, attributes = create(logical_id, properties, stack_name)
        try:
            _apply(bucket, {}, properties)
        except Exception:
            delete(bucket, properties)
            raise
        return bucket, attributes

    def update_bucket(
        physical_id: str, previous: Properties, properties: Properties, stack_name: str
    ) -> tuple[str, dict[str, str]]:
        bucket, attributes = update(physical_id, previous, properties, stack_name)
        _apply(bucket, previous if bucket == physical_id else {}, properties)
        return bucket, attributes

    def delete_bucket(physical_id: str, properties: Properties) -> None:
        """Through the API, which refuses a bucket that is not empty."""
        call_unless_gone("s3", "DeleteBucket", {"Bucket": physical_id})
        delete(physical_id, properties)

    handlers["create"] = create_bucket
    handlers["update"] = update_bucket
    handlers["delete"] = delete_bucket
    provisioners._STACK_TAG_PROPERTY["AWS::S3::Bucket"] = ("Tags", "list")
    _register_policy()


def _register_policy() -> None:
    """A policy needs its bucket, and does not overwrite another policy."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::BucketPolicy"]
    create: Handler = handlers["create"]

    def create_policy(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, str]]:
        bucket = properties.get("Bucket", "")
        if bucket not in store._buckets:
            raise ValueError(f"The specified bucket does not exist: {bucket} (NoSuchBucket)")
        if bucket in store._bucket_policies:
            raise ValueError(f"The bucket policy already exists on bucket {bucket}.")
        return create(logical_id, properties, stack_name)

    handlers["create"] = create_policy


def _apply(bucket: str, previous: Properties, properties: Properties) -> None:
    unknown = properties.keys() - _CONFIGURATIONS.keys() - _MINISTACKS_OWN
    if unknown:
        raise ValueError(f"the local cloud does not support {', '.join(sorted(unknown))} of AWS::S3::Bucket")
    for name, (put, drop) in _CONFIGURATIONS.items():
        value = properties.get(name)
        if value and value != previous.get(name):
            put(bucket, value)
        elif not value and previous.get(name):
            drop(bucket)


def _put_lifecycle(bucket: str, value: Properties) -> None:
    rules = [lifecycle_rule(rule) for rule in value.get("Rules", [])]
    request = {"Bucket": bucket, "LifecycleConfiguration": {"Rules": rules}}
    call("s3", "PutBucketLifecycleConfiguration", request)


def _put_encryption(bucket: str, value: Properties) -> None:
    """ServerSideEncryptionByDefault is the same in templates and the API; only the list of rules has another name."""
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
            "BucketKeyEnabled": str(rule.get("BucketKeyEnabled", False)).lower() == "true",
        }
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    request = {"Bucket": bucket, "ServerSideEncryptionConfiguration": {"Rules": rules}}
    call("s3", "PutBucketEncryption", request)


def _put_tags(bucket: str, value: list[dict[str, str]]) -> None:
    call("s3", "PutBucketTagging", {"Bucket": bucket, "Tagging": {"TagSet": value}})


def _put_ownership(bucket: str, value: Properties) -> None:
    rules = [{"ObjectOwnership": rule["ObjectOwnership"]} for rule in value["Rules"]]
    call("s3", "PutBucketOwnershipControls", {"Bucket": bucket, "OwnershipControls": {"Rules": rules}})


def _put_logging(bucket: str, value: Properties) -> None:
    target = {
        "TargetBucket": value.get("DestinationBucketName", bucket),
        "TargetPrefix": value.get("LogFilePrefix", ""),
        **({"TargetObjectKeyFormat": value["TargetObjectKeyFormat"]} if "TargetObjectKeyFormat" in value else {}),
    }
    call("s3", "PutBucketLogging", {"Bucket": bucket, "BucketLoggingStatus": {"LoggingEnabled": target}})


def _drop_logging(bucket: str) -> None:
    call("s3", "PutBucketLogging", {"Bucket": bucket, "BucketLoggingStatus": {}})


def _dropping(operation: str) -> Callable[[str], None]:
    def drop(bucket: str) -> None:
        call("s3", operation, {"Bucket": bucket})

    return drop


_CONFIGURATIONS: dict[str, tuple[Callable[[str, Any], None], Callable[[str], None]]] = {
    "LifecycleConfiguration": (_put_lifecycle, _dropping("DeleteBucketLifecycle")),
    "BucketEncryption": (_put_encryption, _dropping("DeleteBucketEncryption")),
    "Tags": (_put_tags, _dropping("DeleteBucketTagging")),
    "OwnershipControls": (_put_ownership, _dropping("DeleteBucketOwnershipControls")),
    "LoggingConfiguration": (_put_logging, _drop_logging),
}
"""Property -> (how to set it, how to remove it)."""

_MINISTACKS_OWN = {
    "BucketName",
    "CorsConfiguration",
    "NotificationConfiguration",
    "PublicAccessBlockConfiguration",
    "VersioningConfiguration",
    "WebsiteConfiguration",
}


def lifecycle_rule(rule: Properties) -> Properties:
    """A template's lifecycle rule as the API writes it (members differ in name and depth)."""
    api: Properties = {"ID": rule["Id"]} if "Id" in rule else {}
    api["Status"] = rule["Status"]
    api["Filter"] = _filter(rule)
    expiration = {
        member: rule[name]
        for name, member in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if name in rule
    }
    if expiration:
        api["Expiration"] = expiration
    if "NoncurrentVersionExpiration" in rule:
        api["NoncurrentVersionExpiration"] = rule["NoncurrentVersionExpiration"]
    elif "NoncurrentVersionExpirationInDays" in rule:
        api["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    for name, days in (("Transitions", "Days"), ("NoncurrentVersionTransitions", "NoncurrentDays")):
        moves = [*rule.get(name, []), *([rule[name[:-1]]] if name[:-1] in rule else [])]
        if moves:
            api[name] = [_transition(move, days) for move in moves]
    if "AbortIncompleteMultipartUpload" in rule:
        api["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    return api


def _transition(move: Properties, days: str) -> Properties:
    names = {"TransitionInDays": days, "TransitionDate": "Date"}
    return {names.get(name, name): value for name, value in move.items()}


def _filter(rule: Properties) -> Properties:
    conditions: Properties = {
        name: rule[name] for name in ("Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan") if name in rule
    }
    tags = rule.get("TagFilters", [])
    if len(conditions) + len(tags) > 1:
        return {"And": {**conditions, **({"Tags": tags} if tags else {})}}
    return {"Tag": tags[0]} if tags else conditions or {"Prefix": ""}
