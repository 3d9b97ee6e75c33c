"""What a role of CloudFormation needs for keys, buckets and trails."""

from typing import Any

from vendhost_cloud.authorization.type_permissions import Call, Handlers, Resource, Table, TypePermissions, passed


def _new_key(resource: Resource) -> str:
    return resource.own("kms", "key/*")


def _key(resource: Resource) -> str:
    return resource.own("kms", f"key/{resource.physical_id or '*'}")


def _alias_and_key(resource: Resource) -> list[str]:
    """Changing an alias needs permission on both the alias and its key."""
    key = resource.text("TargetKeyId")
    alias = resource.name("AliasName")
    return [resource.own("kms", alias), key if key.startswith("arn:") else resource.own("kms", f"key/{key}")]


def _bucket(resource: Resource) -> str:
    return f"arn:aws:s3:::{resource.name('BucketName')}"


def _bucket_of_policy(resource: Resource) -> str:
    return f"arn:aws:s3:::{resource.text('Bucket')}"


def _trail(resource: Resource) -> str:
    return resource.own("cloudtrail", f"trail/{resource.name('TrailName')}")


def _nothing_named(_: Resource) -> str:
    return "*"


def _bucket_settings() -> tuple[Call, ...]:
    properties = {
        "BucketEncryption": "s3:PutEncryptionConfiguration",
        "LifecycleConfiguration": "s3:PutLifecycleConfiguration",
        "LoggingConfiguration": "s3:PutBucketLogging",
        "OwnershipControls": "s3:PutBucketOwnershipControls",
        "PublicAccessBlockConfiguration": "s3:PutBucketPublicAccessBlock",
        "Tags": "s3:PutBucketTagging",
        "VersioningConfiguration": "s3:PutBucketVersioning",
    }
    return tuple(Call(action, _bucket, when=(name,), tagging=name == "Tags") for name, action in properties.items())


def _new_key_context(resource: Resource) -> dict[str, Any]:
    return {
        "kms:KeySpec": resource.properties.get("KeySpec", "SYMMETRIC_DEFAULT"),
        "kms:KeyUsage": resource.properties.get("KeyUsage", "ENCRYPT_DECRYPT"),
        "kms:KeyOrigin": "AWS_KMS",
        "kms:CallerAccount": resource.account,
    }


def _key_context(resource: Resource) -> dict[str, Any]:
    return {"kms:CallerAccount": resource.account}


_KEY_SETTINGS = "kms:EnableKeyRotation kms:DisableKeyRotation"


def _topic(resource: Resource) -> str:
    return resource.physical_id or resource.own("sns", resource.name("TopicName"))


def _topic_of_subscription(resource: Resource) -> str:
    return resource.text("TopicArn")


def _topics_of_policy(resource: Resource) -> list[str]:
    return [str(one) for one in resource.properties.get("Topics") or []]


TYPES: Table = {
    "AWS::SNS::Topic": TypePermissions("sns:CreateTopic", "sns:SetTopicAttributes", "sns:DeleteTopic", _topic),
    "AWS::SNS::TopicPolicy": Handlers(
        (Call("sns:SetTopicAttributes", _topics_of_policy),),
        (Call("sns:SetTopicAttributes", _topics_of_policy),),
        (Call("sns:SetTopicAttributes", _topics_of_policy),),
    ),
    "AWS::SNS::Subscription": Handlers(
        (Call("sns:Subscribe", _topic_of_subscription),),
        (Call("sns:SetSubscriptionAttributes", _nothing_named),),
        (Call("sns:Unsubscribe", _nothing_named),),
    ),
    "AWS::KMS::Key": Handlers(
        (
            Call("kms:CreateKey", _nothing_named, tagging=True, context=_new_key_context),
            Call("kms:TagResource", _new_key, when=("Tags",), tagging=True, context=_key_context),
            Call("kms:EnableKeyRotation", _new_key, when=("EnableKeyRotation",), context=_key_context),
        ),
        (
            Call("kms:PutKeyPolicy", _key, when=("KeyPolicy",), context=_key_context),
            Call("kms:UpdateKeyDescription", _key, when=("Description",), context=_key_context),
            Call(_KEY_SETTINGS, _key, when=("EnableKeyRotation",), context=_key_context),
            Call("kms:TagResource kms:UntagResource", _key, when=("Tags",), tagging=True, context=_key_context),
        ),
        (Call("kms:ScheduleKeyDeletion", _key, context=_key_context),),
    ),
    "AWS::KMS::Alias": Handlers(
        (Call("kms:CreateAlias", _alias_and_key, context=_key_context),),
        (Call("kms:UpdateAlias", _alias_and_key, context=_key_context),),
        (Call("kms:DeleteAlias", _alias_and_key, context=_key_context),),
    ),
    "AWS::S3::Bucket": Handlers(
        (Call("s3:CreateBucket", _bucket), *_bucket_settings()),
        _bucket_settings(),
        (Call("s3:DeleteBucket", _bucket),),
    ),
    "AWS::S3::BucketPolicy": Handlers(
        (Call("s3:PutBucketPolicy", _bucket_of_policy),),
        (Call("s3:PutBucketPolicy", _bucket_of_policy),),
        (Call("s3:DeleteBucketPolicy", _bucket_of_policy),),
    ),
    "AWS::CloudTrail::Trail": Handlers(
        (
            Call("cloudtrail:CreateTrail", _trail, tagging=True),
            Call("cloudtrail:AddTags", _trail, when=("Tags",), tagging=True),
            passed("CloudWatchLogsRoleArn", "cloudtrail.amazonaws.com"),
            Call("cloudtrail:StartLogging", _trail, when=("IsLogging",)),
            Call("cloudtrail:PutEventSelectors", _trail, when=("EventSelectors", "AdvancedEventSelectors")),
        ),
        (
            Call("cloudtrail:UpdateTrail", _trail),
            passed("CloudWatchLogsRoleArn", "cloudtrail.amazonaws.com"),
            Call("cloudtrail:StartLogging cloudtrail:StopLogging", _trail, when=("IsLogging",)),
            Call("cloudtrail:PutEventSelectors", _trail, when=("EventSelectors", "AdvancedEventSelectors")),
            Call("cloudtrail:AddTags cloudtrail:RemoveTags", _trail, when=("Tags",), tagging=True),
        ),
        (Call("cloudtrail:DeleteTrail", _trail),),
    ),
}
