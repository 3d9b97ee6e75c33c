"""Readers of storage's types: buckets, logs, the trail, parameters, secrets, topics and databases."""

import json
from typing import Any

from vendhost_cloud.drift.reader import Properties, Reader, first, in_order_of, like, only, tag_map
from vendhost_cloud.service_api import ServiceError, call


def _or_nothing(operation: str, bucket: str) -> Properties:
    """What a bucket's configuration says; without one S3 answers an error."""
    try:
        return call("s3", operation, {"Bucket": bucket})
    except ServiceError as error:
        if (error.code.startswith("NoSuch") and error.code != "NoSuchBucket") or "NotFound" in error.code:
            return {}
        raise


def _bucket(name: str, properties: Properties) -> Properties:
    call("s3", "HeadBucket", {"Bucket": name})
    encryption = _or_nothing("GetBucketEncryption", name).get("ServerSideEncryptionConfiguration") or {}
    ownership = _or_nothing("GetBucketOwnershipControls", name).get("OwnershipControls") or {}
    public = _or_nothing("GetPublicAccessBlock", name).get("PublicAccessBlockConfiguration")
    versioning = _or_nothing("GetBucketVersioning", name).get("Status")
    logging = _or_nothing("GetBucketLogging", name).get("LoggingEnabled")
    lifecycle = _or_nothing("GetBucketLifecycleConfiguration", name).get("Rules")
    return {
        "BucketName": name,
        **({"BucketEncryption": _encryption(encryption, properties)} if encryption else {}),
        **({"OwnershipControls": only(ownership, "Rules")} if ownership else {}),
        **({"PublicAccessBlockConfiguration": public} if public else {}),
        **({"VersioningConfiguration": {"Status": versioning}} if versioning else {}),
        **({"LoggingConfiguration": _logging(logging)} if logging else {}),
        **({"LifecycleConfiguration": _lifecycle(lifecycle, properties)} if lifecycle else {}),
        "Tags": _or_nothing("GetBucketTagging", name).get("TagSet") or [],
    }


def _encryption(found: Properties, properties: Properties) -> Properties:
    rules = [
        {
            "ServerSideEncryptionByDefault": rule.get("ApplyServerSideEncryptionByDefault") or {},
            **({"BucketKeyEnabled": rule["BucketKeyEnabled"]} if "BucketKeyEnabled" in rule else {}),
        }
        for rule in found.get("Rules") or []
    ]
    expected = (properties.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration")
    return {"ServerSideEncryptionConfiguration": like(expected, _keys_as_named(rules))}


def _keys_as_named(rules: list[Properties]) -> list[Properties]:
    """CloudFormation's spelling of the key's name."""
    for rule in rules:
        default = rule["ServerSideEncryptionByDefault"]
        if "KMSMasterKeyID" not in default and "KMSMasterKeyId" in default:
            default["KMSMasterKeyID"] = default.pop("KMSMasterKeyId")
    return rules


def _logging(found: Properties) -> Properties:
    return {
        "DestinationBucketName": found.get("TargetBucket"),
        **({"LogFilePrefix": found["TargetPrefix"]} if found.get("TargetPrefix") else {}),
    }


_RENAMED = {"ID": "Id"}


def _lifecycle(rules: list[Properties], properties: Properties) -> Properties:
    expected = (properties.get("LifecycleConfiguration") or {}).get("Rules") or []
    shaped = [_lifecycle_rule(rule) for rule in rules]
    return {"Rules": like(expected, shaped)}


def _lifecycle_rule(rule: Properties) -> Properties:
    shaped: Properties = {_RENAMED.get(name, name): value for name, value in rule.items()}
    expiration = shaped.pop("Expiration", None) or {}
    prefix = (shaped.pop("Filter", None) or {}).get("Prefix", shaped.get("Prefix"))
    if prefix:
        shaped["Prefix"] = prefix
    if "Days" in expiration:
        shaped["ExpirationInDays"] = expiration["Days"]
    if "ExpiredObjectDeleteMarker" in expiration:
        shaped["ExpiredObjectDeleteMarker"] = expiration["ExpiredObjectDeleteMarker"]
    return shaped


def _bucket_policy(_: str, properties: Properties) -> Properties:
    bucket = str(properties["Bucket"])
    return {
        "Bucket": bucket,
        "PolicyDocument": json.loads(call("s3", "GetBucketPolicy", {"Bucket": bucket})["Policy"]),
    }


def _log_group(name: str, _: Properties) -> Properties | None:
    for group in call("logs", "DescribeLogGroups", {"logGroupNamePrefix": name})["logGroups"]:
        if group["logGroupName"] == name:
            arn = str(group["arn"]).removesuffix(":*")
            return {
                "LogGroupName": name,
                **({"RetentionInDays": group["retentionInDays"]} if group.get("retentionInDays") else {}),
                **({"KmsKeyId": group["kmsKeyId"]} if group.get("kmsKeyId") else {}),
                "Tags": _as_list(call("logs", "ListTagsForResource", {"resourceArn": arn}).get("tags")),
            }
    return None


def _as_list(tags: Any) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tag_map(tags).items()]


def _trail(name: str, properties: Properties) -> Properties:
    found = call("cloudtrail", "GetTrail", {"Name": name})["Trail"]
    status = call("cloudtrail", "GetTrailStatus", {"Name": name})
    selectors = call("cloudtrail", "GetEventSelectors", {"TrailName": name}).get("EventSelectors") or []
    tags = call("cloudtrail", "ListTags", {"ResourceIdList": [found["TrailARN"]]})["ResourceTagList"]
    return {
        "TrailName": found["Name"],
        "KMSKeyId": found.get("KmsKeyId"),
        "EnableLogFileValidation": found.get("LogFileValidationEnabled"),
        **only(found, "S3BucketName", "S3KeyPrefix", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"),
        "IncludeGlobalServiceEvents": found.get("IncludeGlobalServiceEvents"),
        "IsMultiRegionTrail": found.get("IsMultiRegionTrail"),
        "IsLogging": status["IsLogging"],
        "EventSelectors": like(properties.get("EventSelectors"), selectors),
        "Tags": (tags[0] if tags else {}).get("TagsList") or [],
    }


def _document(name: str, properties: Properties) -> Properties | None:
    try:
        about = call("ssm", "DescribeDocument", {"Name": name})["Document"]
    except ServiceError as error:
        # The name of this error has nothing of what is gone.
        if error.code == "InvalidDocument":
            return None
        raise
    content = call("ssm", "GetDocument", {"Name": name})["Content"]
    text = isinstance(properties.get("Content"), str)
    return {
        **only(about, "Name", "DocumentType", "DocumentFormat"),
        "Content": content if text else json.loads(content),
        "Tags": about.get("Tags") or [],
    }


def _parameter(name: str, _: Properties) -> Properties | None:
    found = first("ssm", "GetParameters", {"Names": [name]}, "Parameters")
    if found is None:
        return None
    request = {"ResourceType": "Parameter", "ResourceId": name}
    return {**only(found, "Name", "Type", "Value"), "Tags": call("ssm", "ListTagsForResource", request).get("TagList")}


def _secret(arn: str, _: Properties) -> Properties | None:
    found = call("secretsmanager", "DescribeSecret", {"SecretId": arn})
    if found.get("DeletedDate"):
        return None
    return {**only(found, "Name", "Description", "KmsKeyId"), "Tags": found.get("Tags") or []}


def _secret_attachment(_: str, properties: Properties) -> Properties:
    """The registry's handler reads the secret's value, so this does, and needs the right."""
    call("secretsmanager", "GetSecretValue", {"SecretId": str(properties["SecretId"])})
    return {"SecretId": properties["SecretId"]}


def _topic(arn: str, _: Properties) -> Properties:
    attributes = call("sns", "GetTopicAttributes", {"TopicArn": arn})["Attributes"]
    return {
        "TopicName": arn.rpartition(":")[2],
        **only(attributes, "DisplayName", "KmsMasterKeyId"),
        "Tags": call("sns", "ListTagsForResource", {"ResourceArn": arn}).get("Tags") or [],
    }


_DATABASE = (
    "AllocatedStorage",
    "AutoMinorVersionUpgrade",
    "BackupRetentionPeriod",
    "CopyTagsToSnapshot",
    "DBInstanceClass",
    "DBInstanceIdentifier",
    "DBName",
    "DeletionProtection",
    "Engine",
    "EngineVersion",
    "KmsKeyId",
    "MasterUsername",
    "MultiAZ",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "PubliclyAccessible",
    "StorageEncrypted",
    "StorageType",
)


def _database(name: str, properties: Properties) -> Properties | None:
    found = first("rds", "DescribeDBInstances", {"DBInstanceIdentifier": name}, "DBInstances")
    if found is None:
        return None
    groups = [one["DBParameterGroupName"] for one in found.get("DBParameterGroups") or []]
    firewalls = [one["VpcSecurityGroupId"] for one in found.get("VpcSecurityGroups") or []]
    version = str(properties.get("EngineVersion", ""))
    actual = {name: found[name] for name in _DATABASE if found.get(name) is not None}
    if str(actual.get("EngineVersion", "")).startswith(f"{version}."):
        # A template that names a release gets one of its patches.
        actual["EngineVersion"] = version
    return {
        **actual,
        **({"DBParameterGroupName": groups[0]} if groups else {}),
        "DBSubnetGroupName": (found.get("DBSubnetGroup") or {}).get("DBSubnetGroupName"),
        "VPCSecurityGroups": in_order_of(properties.get("VPCSecurityGroups"), firewalls),
        "Tags": found.get("TagList") or [],
    }


def _parameter_group(name: str, properties: Properties) -> Properties | None:
    request = {"DBParameterGroupName": name}
    found = first("rds", "DescribeDBParameterGroups", request, "DBParameterGroups")
    if found is None:
        return None
    parameters = call("rds", "DescribeDBParameters", request)["Parameters"]
    values = {one["ParameterName"]: one.get("ParameterValue") for one in parameters}
    arn = found["DBParameterGroupArn"]
    return {
        "DBParameterGroupName": name,
        "Family": found["DBParameterGroupFamily"],
        **only(found, "Description"),
        "Parameters": {key: values[key] for key in properties.get("Parameters") or {} if values.get(key) is not None},
        "Tags": call("rds", "ListTagsForResource", {"ResourceName": arn}).get("TagList") or [],
    }


def _subnet_group(name: str, properties: Properties) -> Properties | None:
    found = first("rds", "DescribeDBSubnetGroups", {"DBSubnetGroupName": name}, "DBSubnetGroups")
    if found is None:
        return None
    subnets = [one["SubnetIdentifier"] for one in found.get("Subnets") or []]
    arn = found["DBSubnetGroupArn"]
    return {
        "DBSubnetGroupName": name,
        "DBSubnetGroupDescription": found.get("DBSubnetGroupDescription"),
        "SubnetIds": in_order_of(properties.get("SubnetIds"), subnets),
        "Tags": call("rds", "ListTagsForResource", {"ResourceName": arn}).get("TagList") or [],
    }


READERS = {
    "AWS::S3::Bucket": Reader(
        _bucket,
        (
            "BucketEncryption",
            "BucketName",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "VersioningConfiguration",
        ),
        tags=True,
    ),
    "AWS::S3::BucketPolicy": Reader(_bucket_policy, ("Bucket", "PolicyDocument")),
    "AWS::Logs::LogGroup": Reader(_log_group, ("KmsKeyId", "LogGroupName", "RetentionInDays"), tags=True),
    "AWS::CloudTrail::Trail": Reader(
        _trail,
        (
            "CloudWatchLogsLogGroupArn",
            "CloudWatchLogsRoleArn",
            "EnableLogFileValidation",
            "EventSelectors",
            "IncludeGlobalServiceEvents",
            "IsLogging",
            "IsMultiRegionTrail",
            "KMSKeyId",
            "S3BucketName",
            "S3KeyPrefix",
            "TrailName",
        ),
        tags=True,
    ),
    "AWS::SSM::Document": Reader(_document, ("Content", "DocumentFormat", "DocumentType", "Name"), tags=True),
    "AWS::SSM::Parameter": Reader(_parameter, ("Name", "Type", "Value"), tags=True),
    "AWS::SecretsManager::Secret": Reader(_secret, ("Description", "KmsKeyId", "Name"), tags=True),
    "AWS::SecretsManager::SecretTargetAttachment": Reader(_secret_attachment, ("SecretId",)),
    "AWS::SNS::Topic": Reader(_topic, ("DisplayName", "KmsMasterKeyId", "TopicName"), tags=True),
    "AWS::RDS::DBInstance": Reader(
        _database,
        (*_DATABASE, "DBParameterGroupName", "DBSubnetGroupName", "VPCSecurityGroups"),
        tags=True,
    ),
    "AWS::RDS::DBParameterGroup": Reader(
        _parameter_group, ("DBParameterGroupName", "Description", "Family", "Parameters"), tags=True
    ),
    "AWS::RDS::DBSubnetGroup": Reader(
        _subnet_group, ("DBSubnetGroupDescription", "DBSubnetGroupName", "SubnetIds"), tags=True
    ),
}
